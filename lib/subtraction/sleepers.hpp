// Forked processes that do one thing and then wait for their end: something that counts, or a
// holder of a namespace. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <functional>
#include <vector>

namespace kcommons::subtraction {

class Sleepers final {
 public:
  Sleepers() = default;
  Sleepers(Sleepers&& other) noexcept = default;
  Sleepers& operator=(Sleepers&&) = delete;
  Sleepers(const Sleepers&) = delete;
  Sleepers& operator=(const Sleepers&) = delete;
  // Ends them all and waits until they are gone.
  ~Sleepers();

  // One more, which has called `first` when this returns. What that returned, or the errno of the
  // fork: where it is not 0, there is no more of them than before.
  int add(const std::function<int()>& first);

 private:
  std::vector<pid_t> pids_;
};

}  // namespace kcommons::subtraction
