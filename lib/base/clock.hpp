// Time as a parameter, so that tests hold it. Implementations are thread-safe.
#pragma once

#include <chrono>

namespace kcommons {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  [[nodiscard]] virtual SteadyTime steady() const = 0;  // for intervals and ages
  [[nodiscard]] virtual WallTime wall() const = 0;      // for timestamps that are served
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] WallTime wall() const override { return std::chrono::system_clock::now(); }
};

}  // namespace kcommons
