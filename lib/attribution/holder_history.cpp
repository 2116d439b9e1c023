#include "attribution/holder_history.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "attribution/holder_name.hpp"

namespace kcommons::attribution {

namespace {

PoolKey key_of(const Pool& pool) {
  return {.resource = pool.resource, .userns = pool.userns, .uid = pool.uid};
}

std::vector<const Pool*> fullest_first(const Snapshot& snapshot) {
  std::vector<const Pool*> pools;
  for (const Pool& pool : snapshot.pools) {
    if (pool.uid != kOther) pools.push_back(&pool);
  }
  std::ranges::stable_sort(pools, [](const Pool* left, const Pool* right) {
    return fullness(*left) > fullness(*right);
  });
  pools.resize(std::min(pools.size(), HolderHistory::kMostPools));
  return pools;
}

}  // namespace

void HolderHistory::configure(std::chrono::milliseconds window) {
  window_ = Track::window_of(window);
  for (auto& [key, entry] : entries_) entry.track.thin(window_);
}

// A holder that is known is followed also where others have come to hold more.
void HolderHistory::note_pool(const Snapshot& snapshot, const Pool& pool, SteadyTime now) {
  std::size_t place = 0;
  for (const Holding& holding : pool.holdings) {
    const bool is_large = place++ < kHoldersOfAPool;
    const Holder& holder = snapshot.holders[holding.holder];
    if (is_other(holder)) continue;  // now these, now those
    Key key{.pool = key_of(pool),
            .holder = name_of(holder),
            .runtime = holding.role == cgroup::Role::kRuntime};
    auto at = entries_.find(key);
    if (at == entries_.end()) {
      if (!is_large) continue;
      at = entries_.emplace(std::move(key), Entry{}).first;
    }
    at->second.name = holder_name(holder);
    at->second.id = short_id(holder.container_id);
    at->second.track.note(holding.used, now, window_);
  }
}

void HolderHistory::thin(const PoolKey& pool) {
  std::vector<std::map<Key, Entry>::iterator> of_pool;
  for (auto at = entries_.lower_bound(Key{.pool = pool, .holder = {}});
       at != entries_.end() && at->first.pool == pool; ++at) {
    of_pool.push_back(at);
  }
  if (of_pool.size() <= kMostOfAPool) return;
  std::ranges::stable_sort(of_pool, [](const auto& left, const auto& right) {
    const Track::Point& one = left->second.track.newest();
    const Track::Point& other = right->second.track.newest();
    return std::pair(one.at, one.used) > std::pair(other.at, other.used);
  });
  for (std::size_t i = kMostOfAPool; i < of_pool.size(); ++i) entries_.erase(of_pool[i]);
}

void HolderHistory::note(const Snapshot& snapshot, SteadyTime now) {
  const std::vector<const Pool*> pools = fullest_first(snapshot);
  std::set<PoolKey> kept;
  for (const Pool* pool : pools) kept.insert(key_of(*pool));
  // A pool that is not in a snapshot has nothing used, and room is for those that are.
  const bool is_crowded = kept.size() == kMostPools;
  std::erase_if(entries_, [&](const auto& entry) {
    return now - entry.second.track.newest().at > window_.length ||
           (is_crowded && !kept.contains(entry.first.pool));
  });
  for (const Pool* pool : pools) {
    note_pool(snapshot, *pool, now);
    thin(key_of(*pool));
  }
}

std::vector<HolderUse> HolderHistory::holders(const PoolKey& pool, const Moment& now) const {
  std::vector<HolderUse> all;
  for (auto at = entries_.lower_bound(Key{.pool = pool, .holder = {}});
       at != entries_.end() && at->first.pool == pool; ++at) {
    const Entry& entry = at->second;
    all.push_back({.name = entry.name,
                   .id = entry.id,
                   .runtime = at->first.runtime,
                   .points = entry.track.shown(now, window_)});
  }
  std::erase_if(all, [](const HolderUse& use) { return use.points.empty(); });
  std::ranges::stable_sort(all, [](const HolderUse& left, const HolderUse& right) {
    return left.points.back().used > right.points.back().used;
  });
  return all;
}

}  // namespace kcommons::attribution
