// When an incident begins, goes on and ends: of all pools at once, at each look at them.
//
// One begins where used / limit reaches the threshold. It is over when the pool has fallen below a
// lower mark and has not come above the threshold for a while since: one that goes up and down is
// one incident, with its crossings counted, and not many. It ended when it fell. A pool whose use
// or limit is not known has neither risen nor fallen; one of a user or an object that nobody has
// any more has fallen. What is cut to `_other` has no limit, and so no incidents, and neither has
// the packet backlog: packets come and go within a pass.
//
// Who holds the pool is told by censuses, which are rarer: an incident begins with what the last
// one told, and is told again (kTold) with the next. Pure: the time is given. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "attribution/books.hpp"
#include "attribution/current_pools.hpp"
#include "attribution/snapshot.hpp"
#include "base/clock.hpp"
#include "incidents/incident.hpp"

namespace kcommons::incidents {

// What is worth to be written down, with the incident as it is then.
struct Event {
  enum class Kind : std::uint8_t {
    kBegan,
    kFilled,   // the first time that there is no more
    kTold,     // a census has told who holds it
    kResumed,  // adopted, and not over: it is watched again
    kEnded,
    kInterrupted,  // adopted, and over meanwhile
  };
  Kind kind = Kind::kBegan;
  std::shared_ptr<const Incident> incident;
};
using Events = std::vector<Event>;

class Tracker final {
 public:
  struct Options {
    double threshold = 0.9;  // used / limit
    double clear = 0.8;      // not above the threshold
    std::chrono::milliseconds clear_after{60000};
    // So long a pool that cannot be read is waited for.
    std::chrono::milliseconds patience{60000};
    std::size_t holders = 10;
    std::size_t most_open = 128;  // at once; what comes on top has no incident
    std::string boot_id;
  };
  struct Now {
    SteadyTime steady;
    WallTime wall;
  };
  using GrowthOf = std::function<std::optional<attribution::Growth>(const attribution::PoolKey&)>;

  // Ids are given from `next_id` on.
  Tracker(Options options, std::uint64_t next_id)
      : options_(std::move(options)), next_id_(next_id) {}

  // One that was open when kcommons stopped. Before the first look, which tells whether it still
  // is. One of an earlier boot is not: the kernel has begun from nothing. False where another of
  // the same pool was adopted before; then this one is not.
  [[nodiscard]] bool adopt(const Incident& incident, Now now);

  // A look at all pools. `snapshot` is the last census, null before the first.
  Events look(const std::vector<attribution::CurrentPool>& pools,
              const attribution::Snapshot* snapshot, const GrowthOf& growth_of, Now now);
  // A new census.
  Events census(const attribution::Snapshot& snapshot);

  // As they stand after the last look.
  [[nodiscard]] Incidents open() const;
  // At the last look there were more than may be open at once.
  [[nodiscard]] bool is_full() const { return full_; }

 private:
  enum class Level : std::uint8_t { kUnknown, kCalm, kBetween, kOver };
  // Since when, and by what it began.
  struct Since {
    Now at;
    EndedBy by = EndedBy::kUse;
  };
  struct Track {
    Incident incident;
    SteadyTime began;
    std::optional<Since> calm;
    std::optional<Since> unread;
    bool adopted = false;  // and not looked at yet
    bool told = false;     // by a census that came after what was last written
  };
  using Tracks = std::map<attribution::PoolKey, Track>;

  [[nodiscard]] Level level_of(const attribution::CurrentPool& pool) const;
  void begin(const attribution::PoolKey& key, const attribution::CurrentPool& pool,
             const attribution::Snapshot* snapshot, const GrowthOf& growth_of, Now now,
             Events& events);
  // False where it is over.
  bool go_on(Track& track, const attribution::CurrentPool& pool, Level level, Now now,
             Events& events) const;
  bool take_up(Track& track, Level level, Now now, Events& events) const;
  static void note(Track& track, const attribution::CurrentPool& pool, Now now, Events& events);
  static void end(Track& track, const Since& since, Events& events);

  Options options_;
  std::uint64_t next_id_;
  Tracks tracks_;
  bool full_ = false;
};

}  // namespace kcommons::incidents
