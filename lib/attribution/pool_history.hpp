// How pools grow: a point of each now and then within a window of time, and the straight line that
// fits these best. A line through all points, not from the first to the last: what goes up and down
// is not taken for growth because it happens to be up.
//
// Belongs to one thread. The time is given and is the steady one, so that setting the clock changes
// nothing. Memory is bounded: 61 points of 24 bytes, 1.8 KiB with the pool's name, of at most
// 2 * max_pools pools; that is 7 MiB with the default of 2000, where so many pools exist, and 70
// KiB with the 40 pools of an ordinary host.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "attribution/books.hpp"
#include "attribution/current_pools.hpp"
#include "attribution/snapshot.hpp"
#include "attribution/track.hpp"
#include "base/clock.hpp"

namespace kcommons::attribution {

class PoolHistory final {
 public:
  PoolHistory(std::chrono::milliseconds window, std::size_t max_pools)
      : window_(Track::window_of(window)), max_pools_(max_pools) {}

  // What is known within the new window stays, in the steps of the new one.
  void configure(std::chrono::milliseconds window, std::size_t max_pools);

  // Takes note of a reading. Pools that are not in it are forgotten: when such a pool comes back,
  // others have it. One whose use was not read has a gap. A reading that is not newer than the last
  // is ignored, so that the same one may be given twice.
  void note(const std::vector<CurrentPool>& pools, SteadyTime now);

  // Of what is in the window before `now`, the newest reading included. Empty where the newest
  // reading has not the pool, and as long as it was seen less than three times, or for less than
  // two steps, which are a thirtieth of the window.
  [[nodiscard]] std::optional<Growth> growth(const PoolKey& key, SteadyTime now) const;

  // Each pool of the newest reading that was seen at all, in the order of the catalogue.
  [[nodiscard]] std::vector<PoolUse> uses(const Moment& now) const;
  // Of one; empty where the newest reading has not the pool.
  [[nodiscard]] std::optional<PoolUse> use(const PoolKey& key, const Moment& now) const;

 private:
  struct Entry {
    Track track;
    SteadyTime seen;  // in a reading, with its use or without
  };

  void note_pool(const CurrentPool& pool, SteadyTime now);
  [[nodiscard]] PoolUse use_of(const PoolKey& key, const Track& track, const Moment& now) const;

  Track::Window window_;
  std::size_t max_pools_;
  std::optional<SteadyTime> noted_at_;
  std::map<PoolKey, Entry> entries_;
};

}  // namespace kcommons::attribution
