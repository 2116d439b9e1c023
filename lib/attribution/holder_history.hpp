// What the largest holders of each pool held lately, census by census. One that lets go of all it
// had, or is gone, stays as long as it is in the window: who filled a pool half an hour ago is
// worth knowing.
//
// Belongs to one thread. Memory is bounded: 61 points of 24 bytes, with names of ordinary length
// 2 KiB, of at most kMostOfAPool holdings of kMostPools pools; 2 MiB in all.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "attribution/books.hpp"
#include "attribution/snapshot.hpp"
#include "attribution/track.hpp"
#include "base/clock.hpp"

namespace kcommons::attribution {

class HolderHistory final {
 public:
  static constexpr std::size_t kHoldersOfAPool = 5;
  // Those that were among the largest before, too.
  static constexpr std::size_t kMostOfAPool = 10;
  static constexpr std::size_t kMostPools = 100;

  explicit HolderHistory(std::chrono::milliseconds window) : window_(Track::window_of(window)) {}

  // What is known within the new window stays, in the steps of the new one.
  void configure(std::chrono::milliseconds window);

  // Takes note of a census: of the fullest pools where there are more than kMostPools.
  void note(const Snapshot& snapshot, SteadyTime now);

  // By what they held at last, the largest first.
  [[nodiscard]] std::vector<HolderUse> holders(const PoolKey& pool, const Moment& now) const;

 private:
  struct Key {
    PoolKey pool;
    std::string holder;  // name_of() of books.hpp
    bool runtime = false;
    auto operator<=>(const Key&) const = default;
  };
  struct Entry {
    std::string name;
    std::string id;
    Track track;
  };

  void note_pool(const Snapshot& snapshot, const Pool& pool, SteadyTime now);
  // Of a pool that has more, those that held the least at last go.
  void thin(const PoolKey& pool);

  Track::Window window_;
  std::map<Key, Entry> entries_;
};

}  // namespace kcommons::attribution
