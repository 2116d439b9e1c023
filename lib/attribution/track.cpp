#include "attribution/track.hpp"

#include <algorithm>
#include <utility>

namespace kcommons::attribution {

void Track::note(std::uint64_t used, SteadyTime now, const Window& window) {
  newest_ = {.at = now, .used = used, .peak = used};
  if (!points_.empty() && now - points_.back().at < window.step) {
    points_.back().peak = std::max(points_.back().peak, used);
    return;
  }
  std::erase_if(points_, [&](const Point& point) { return now - point.at > window.length; });
  points_.push_back(newest_);
}

void Track::thin(const Window& window) {
  std::vector<Point> kept;
  for (const Point& point : points_) {
    if (!kept.empty() && point.at - kept.back().at < window.step) {
      kept.back().peak = std::max(kept.back().peak, point.peak);
    } else {
      kept.push_back(point);
    }
  }
  points_ = std::move(kept);
}

std::vector<UsePoint> Track::shown(const Moment& now, const Window& window) const {
  std::vector<UsePoint> out;
  const auto add = [&](SteadyTime at, std::uint64_t used) {
    const auto age = now.steady - at;
    if (age > window.length) return;
    out.push_back(
        {.at = now.wall - std::chrono::duration_cast<WallTime::duration>(age), .used = used});
  };
  for (const Point& point : points_) add(point.at, point.peak);
  if (!points_.empty() && newest_.at != points_.back().at) add(newest_.at, newest_.used);
  return out;
}

}  // namespace kcommons::attribution
