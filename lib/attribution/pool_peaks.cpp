#include "attribution/pool_peaks.hpp"

namespace kcommons::attribution {

void PoolPeaks::note(CurrentPool& pool, SteadyTime now) {
  pool.peak = pool.used;
  const PoolKey key{.resource = pool.resource, .userns = pool.userns, .uid = pool.uid};
  auto at = tracks_.find(key);
  if (at == tracks_.end()) {
    if (!pool.used || tracks_.size() >= 2 * max_pools_) return;
    at = tracks_.emplace(key, Track{}).first;
  }
  Track& track = at->second;
  track.present = true;
  track.limit = pool.limit;
  if (pool.used) {
    while (!track.marks.empty() && track.marks.back().used <= *pool.used) track.marks.pop_back();
    track.marks.push_back({.at = now, .used = *pool.used});
  }
  if (!track.marks.empty()) pool.peak = track.marks.front().used;
}

void PoolPeaks::update(std::vector<CurrentPool>& pools, SteadyTime now) {
  for (auto& [key, track] : tracks_) {
    track.present = false;
    while (!track.marks.empty() && now - track.marks.front().at > window_) {
      track.marks.pop_front();
    }
  }
  for (CurrentPool& pool : pools) note(pool, now);
  for (auto at = tracks_.begin(); at != tracks_.end();) {
    const auto& [key, track] = *at;
    if (track.marks.empty()) {
      at = tracks_.erase(at);
      continue;
    }
    const std::uint64_t peak = track.marks.front().used;
    if (!track.present && peak > 0) {
      pools.push_back({.resource = key.resource,
                       .userns = key.userns,
                       .uid = key.uid,
                       .limit = track.limit,
                       .peak = peak});
    }
    ++at;
  }
}

}  // namespace kcommons::attribution
