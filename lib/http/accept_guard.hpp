// Lets clients in when no descriptor can be opened: civetweb's accept(2) fails then, it tells
// nobody, and tries again without a pause for as long as the client waits. The guard looks whether
// a client is still waiting when the engine has had more time than it needs, and gives up
// descriptors of the reserve for it. When descriptors are to be had again, the reserve is filled
// up.
//
// A thread of its own, which sleeps while nobody connects. The listeners and the reserve must
// outlive it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

#include "base/descriptor_reserve.hpp"
#include "base/unique_fd.hpp"

namespace kcommons::http {

class AcceptGuard final {
 public:
  AcceptGuard(std::vector<int> listeners, DescriptorReserve& reserve);
  ~AcceptGuard();
  AcceptGuard(const AcceptGuard&) = delete;
  AcceptGuard& operator=(const AcceptGuard&) = delete;

 private:
  enum class Woken : std::uint8_t { kByClient, kToStop, kByTime };

  void run() const;
  void let_in() const;
  // Looks at it for a moment. Returns at once when no client is waiting any more: what others close
  // now is to be had for the reserve.
  [[nodiscard]] bool engine_lets_in() const;
  // For so long, or for ever.
  [[nodiscard]] Woken wait(std::optional<std::chrono::microseconds> time) const;
  [[nodiscard]] bool is_client_waiting() const;

  std::vector<int> listeners_;
  DescriptorReserve& reserve_;
  UniqueFd stop_;
  std::thread thread_;
};

}  // namespace kcommons::http
