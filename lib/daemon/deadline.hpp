// A time by which something must be over: what hangs then is not waited for any longer. Belongs to
// one thread.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "base/result.hpp"

namespace kcommons::daemon {

class Deadline final {
 public:
  // From now on, until this ends: when that takes longer, `missed` is called, on a thread of its
  // own. An error where no thread can be made; nothing is called then.
  Result<void> begin(std::chrono::milliseconds time, std::function<void()> missed);

 private:
  std::jthread thread_;
};

}  // namespace kcommons::daemon
