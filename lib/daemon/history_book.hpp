// The last hour of pools and of their largest holders, kept in memory: what growth is told from,
// and what page and API show where no Prometheus keeps it. PoolHistory and HolderHistory say how
// much memory that takes.
//
// The sampler's thread writes, and alone may call pools(); the others may be called from any.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

#include "attribution/current_pools.hpp"
#include "attribution/holder_history.hpp"
#include "attribution/pool_history.hpp"
#include "attribution/snapshot.hpp"
#include "attribution/use_history.hpp"
#include "base/clock.hpp"

namespace kcommons::daemon {

class HistoryBook final {
 public:
  // `clock` must outlive it.
  HistoryBook(std::chrono::milliseconds window, std::size_t max_pools, const Clock& clock)
      : window_(window), pools_(window, max_pools), holders_(window), clock_(clock) {}

  void configure(std::chrono::milliseconds window, std::size_t max_pools);

  // A reading that was made then; see PoolHistory::note().
  void note(const std::vector<attribution::CurrentPool>& pools, SteadyTime at);
  void note(const attribution::Snapshot& snapshot);
  [[nodiscard]] const attribution::PoolHistory& pools() const { return pools_; }

  [[nodiscard]] std::chrono::milliseconds window() const;
  // Of the pools of the newest reading; with their holders.
  [[nodiscard]] std::vector<attribution::PoolUse> uses() const;
  [[nodiscard]] std::optional<attribution::PoolUse> use(const attribution::PoolKey& pool) const;

 private:
  [[nodiscard]] attribution::Moment now() const;

  mutable std::mutex mutex_;
  std::chrono::milliseconds window_;
  attribution::PoolHistory pools_;
  attribution::HolderHistory holders_;
  const Clock& clock_;
};

}  // namespace kcommons::daemon
