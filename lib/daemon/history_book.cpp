#include "daemon/history_book.hpp"

namespace kcommons::daemon {

void HistoryBook::configure(std::chrono::milliseconds window, std::size_t max_pools) {
  const std::lock_guard lock(mutex_);
  window_ = window;
  pools_.configure(window, max_pools);
  holders_.configure(window);
}

void HistoryBook::note(const std::vector<attribution::CurrentPool>& pools, SteadyTime at) {
  const std::lock_guard lock(mutex_);
  pools_.note(pools, at);
}

void HistoryBook::note(const attribution::Snapshot& snapshot) {
  const std::lock_guard lock(mutex_);
  holders_.note(snapshot, clock_.steady());
}

std::chrono::milliseconds HistoryBook::window() const {
  const std::lock_guard lock(mutex_);
  return window_;
}

std::vector<attribution::PoolUse> HistoryBook::uses() const {
  const attribution::Moment moment = now();
  const std::lock_guard lock(mutex_);
  std::vector<attribution::PoolUse> all = pools_.uses(moment);
  for (attribution::PoolUse& use : all) {
    use.holders =
        holders_.holders({.resource = use.resource, .userns = use.userns, .uid = use.uid}, moment);
  }
  return all;
}

std::optional<attribution::PoolUse> HistoryBook::use(const attribution::PoolKey& pool) const {
  const attribution::Moment moment = now();
  const std::lock_guard lock(mutex_);
  auto use = pools_.use(pool, moment);
  if (use) use->holders = holders_.holders(pool, moment);
  return use;
}

attribution::Moment HistoryBook::now() const {
  return {.steady = clock_.steady(), .wall = clock_.wall()};
}

}  // namespace kcommons::daemon
