#include "attribution/pool_history.hpp"

#include <algorithm>
#include <utility>

namespace kcommons::attribution {

namespace {

// Least squares. x and y are small where they are counted from a point nearby.
class Line final {
 public:
  void add(double x, double y) {
    ++count_;
    x_ += x;
    y_ += y;
    xx_ += x * x;
    xy_ += x * y;
  }
  [[nodiscard]] int count() const { return count_; }
  // Of points at two different x or more.
  [[nodiscard]] double slope() const { return (count_ * xy_ - x_ * y_) / (count_ * xx_ - x_ * x_); }

 private:
  int count_ = 0;
  double x_ = 0;
  double y_ = 0;
  double xx_ = 0;
  double xy_ = 0;
};

double seconds(SteadyTime::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

void PoolHistory::configure(std::chrono::milliseconds window, std::size_t max_pools) {
  window_ = window;
  step_ = window / kSteps;
  max_pools_ = max_pools;
  for (auto& [key, track] : tracks_) {
    std::vector<Point> kept;
    for (const Point& point : track.points) {
      if (kept.empty() || point.at - kept.back().at >= step_) kept.push_back(point);
    }
    track.points = std::move(kept);
  }
}

void PoolHistory::add_point(Track& track) const {
  const SteadyTime now = track.newest.at;
  std::vector<Point>& points = track.points;
  if (!points.empty() && now - points.back().at < step_) return;
  std::erase_if(points, [&](const Point& point) { return now - point.at > window_; });
  points.push_back(track.newest);
}

void PoolHistory::note_pool(const CurrentPool& pool, SteadyTime now) {
  if (pool.uid == kOther) return;  // now of these users, now of those
  const PoolKey key{.resource = pool.resource, .userns = pool.userns, .uid = pool.uid};
  auto at = tracks_.find(key);
  if (at == tracks_.end()) {
    // Twice as many as there may be, as those that are gone are still among them.
    if (!pool.used || tracks_.size() >= 2 * max_pools_) return;
    at = tracks_.emplace(key, Track{}).first;
  }
  Track& track = at->second;
  track.seen = now;
  if (!pool.used) return;
  track.newest = {.at = now, .used = *pool.used};
  add_point(track);
}

void PoolHistory::note(const std::vector<CurrentPool>& pools, SteadyTime now) {
  if (noted_at_ && now <= *noted_at_) return;
  noted_at_ = now;
  for (const CurrentPool& pool : pools) note_pool(pool, now);
  std::erase_if(tracks_, [now](const auto& entry) { return entry.second.seen != now; });
}

std::optional<Growth> PoolHistory::growth(const PoolKey& key, SteadyTime now) const {
  const auto at = tracks_.find(key);
  if (at == tracks_.end() || at->second.newest.at != noted_at_) return std::nullopt;
  const Point& newest = at->second.newest;
  SteadyTime first = newest.at;
  Line line;
  const auto add = [&](const Point& point) {
    first = std::min(first, point.at);
    line.add(seconds(point.at - newest.at),
             static_cast<double>(point.used) - static_cast<double>(newest.used));
  };
  for (const Point& point : at->second.points) {
    if (now - point.at <= window_ && point.at != newest.at) add(point);
  }
  add(newest);
  if (line.count() < 3 || newest.at - first < 2 * step_) return std::nullopt;
  return Growth{.per_second = line.slope(),
                .over = std::chrono::duration_cast<std::chrono::seconds>(newest.at - first)};
}

}  // namespace kcommons::attribution
