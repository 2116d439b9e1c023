// High-water marks: the most that was used of each pool within a window of time, so that a burst
// between two scrapes shows. Sees what it is shown: a burst between two readings is not seen.
//
// Belongs to one thread. Its memory is bounded: of pools that come and go, not more than
// `max_pools` are remembered.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "attribution/books.hpp"
#include "attribution/current_pools.hpp"
#include "base/clock.hpp"

namespace kcommons::attribution {

class PoolPeaks final {
 public:
  PoolPeaks(std::chrono::milliseconds window, std::size_t max_pools)
      : window_(window), max_pools_(max_pools) {}

  // What is known within the new window stays; of a longer one there is no more yet than of the
  // old.
  void configure(std::chrono::milliseconds window, std::size_t max_pools) {
    window_ = window;
    max_pools_ = max_pools;
  }

  // Takes note of a reading and sets CurrentPool::peak of each. Pools that are not in it any more
  // are added, without a use, while their peak is within the window.
  void update(std::vector<CurrentPool>& pools, SteadyTime now);

 private:
  struct Mark {
    SteadyTime at;
    std::uint64_t used = 0;
  };
  struct Track {
    // Falling: what came before a higher use can never be the peak again.
    std::deque<Mark> marks;
    std::optional<catalogue::Limit> limit;
    bool present = false;  // in the reading under way
  };

  void note(CurrentPool& pool, SteadyTime now);

  std::chrono::milliseconds window_;
  std::size_t max_pools_;
  std::map<PoolKey, Track> tracks_;
};

}  // namespace kcommons::attribution
