// What one thing used within a window of time, as at most 61 points a step apart: a sixtieth of the
// window. Internal to lib/attribution and its tests. Belongs to one thread; the time is given and
// is the steady one.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "attribution/use_history.hpp"
#include "base/clock.hpp"

namespace kcommons::attribution {

// A moment by both clocks: points are kept by the one and shown by the other.
struct Moment {
  SteadyTime steady;
  WallTime wall;
};

class Track final {
 public:
  struct Window {
    std::chrono::milliseconds length{0};
    std::chrono::milliseconds step{0};
  };
  struct Point {
    SteadyTime at;
    std::uint64_t used = 0;  // then
    std::uint64_t peak = 0;  // until the next point
  };

  static Window window_of(std::chrono::milliseconds length) {
    constexpr int kSteps = 60;
    return {.length = length, .step = length / kSteps};
  }

  void note(std::uint64_t used, SteadyTime now, const Window& window);
  // Leaves out what is nearer to the point before than a step of this window.
  void thin(const Window& window);

  // Of a track that was noted.
  [[nodiscard]] const Point& newest() const { return newest_; }
  // The oldest first; the newest may be the last of them.
  [[nodiscard]] const std::vector<Point>& points() const { return points_; }
  // Those in the window before `now`, with their peaks, and the newest.
  [[nodiscard]] std::vector<UsePoint> shown(const Moment& now, const Window& window) const;

 private:
  std::vector<Point> points_;
  Point newest_;
};

}  // namespace kcommons::attribution
