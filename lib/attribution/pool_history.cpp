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
  window_ = Track::window_of(window);
  max_pools_ = max_pools;
  for (auto& [key, entry] : entries_) entry.track.thin(window_);
}

void PoolHistory::note_pool(const CurrentPool& pool, SteadyTime now) {
  if (pool.uid == kOther) return;  // now of these users, now of those
  const PoolKey key{.resource = pool.resource, .userns = pool.userns, .uid = pool.uid};
  auto at = entries_.find(key);
  if (at == entries_.end()) {
    // Twice as many as there may be, as those that are gone are still among them.
    if (!pool.used || entries_.size() >= 2 * max_pools_) return;
    at = entries_.emplace(key, Entry{}).first;
  }
  at->second.seen = now;
  if (pool.used) at->second.track.note(*pool.used, now, window_);
}

void PoolHistory::note(const std::vector<CurrentPool>& pools, SteadyTime now) {
  if (noted_at_ && now <= *noted_at_) return;
  noted_at_ = now;
  for (const CurrentPool& pool : pools) note_pool(pool, now);
  std::erase_if(entries_, [now](const auto& entry) { return entry.second.seen != now; });
}

std::optional<Growth> PoolHistory::growth(const PoolKey& key, SteadyTime now) const {
  const auto at = entries_.find(key);
  if (at == entries_.end() || at->second.track.newest().at != noted_at_) return std::nullopt;
  const Track::Point& newest = at->second.track.newest();
  SteadyTime first = newest.at;
  Line line;
  const auto add = [&](const Track::Point& point) {
    first = std::min(first, point.at);
    line.add(seconds(point.at - newest.at),
             static_cast<double>(point.used) - static_cast<double>(newest.used));
  };
  for (const Track::Point& point : at->second.track.points()) {
    if (now - point.at <= window_.length && point.at != newest.at) add(point);
  }
  add(newest);
  if (line.count() < 3 || newest.at - first < 2 * window_.step) return std::nullopt;
  return Growth{.per_second = line.slope(),
                .over = std::chrono::duration_cast<std::chrono::seconds>(newest.at - first)};
}

PoolUse PoolHistory::use_of(const PoolKey& key, const Track& track, const Moment& now) const {
  return {.resource = key.resource,
          .userns = key.userns,
          .uid = key.uid,
          .points = track.shown(now, window_),
          .holders = {}};
}

std::vector<PoolUse> PoolHistory::uses(const Moment& now) const {
  std::vector<PoolUse> all;
  all.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) all.push_back(use_of(key, entry.track, now));
  return all;
}

std::optional<PoolUse> PoolHistory::use(const PoolKey& key, const Moment& now) const {
  const auto at = entries_.find(key);
  if (at == entries_.end()) return std::nullopt;
  return use_of(key, at->second.track, now);
}

}  // namespace kcommons::attribution
