// How pools grow: a point of each now and then within a window of time, and the straight line that
// fits these best. A line through all points, not from the first to the last: what goes up and down
// is not taken for growth because it happens to be up.
//
// Belongs to one thread. The time is given and is the steady one, so that setting the clock changes
// nothing. Memory is bounded: 61 points of 16 bytes, 1.3 KiB with the pool's name, of at most
// 2 * max_pools pools; that is 5 MiB with the default of 2000, where so many pools exist.
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
#include "base/clock.hpp"

namespace kcommons::attribution {

class PoolHistory final {
 public:
  PoolHistory(std::chrono::milliseconds window, std::size_t max_pools)
      : window_(window), step_(window / kSteps), max_pools_(max_pools) {}

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

 private:
  static constexpr int kSteps = 60;

  struct Point {
    SteadyTime at;
    std::uint64_t used = 0;
  };
  struct Track {
    std::vector<Point> points;  // a step apart or more, the oldest first
    Point newest;               // may be the last of `points`
    SteadyTime seen;            // in a reading, with its use or without
  };

  void note_pool(const CurrentPool& pool, SteadyTime now);
  void add_point(Track& track) const;

  std::chrono::milliseconds window_;
  std::chrono::milliseconds step_;
  std::size_t max_pools_;
  std::optional<SteadyTime> noted_at_;
  std::map<PoolKey, Track> tracks_;
};

}  // namespace kcommons::attribution
