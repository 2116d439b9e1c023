// An incident: a pool came near its limit, and how that went on. One value has the whole story, so
// that its newest state is all that need be kept of it. Plain data, safe to share once it is made;
// text in it is printable on one line (text::printable) and bounded.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attribution/snapshot.hpp"
#include "base/clock.hpp"
#include "catalogue/catalogue.hpp"

namespace kcommons::incidents {

enum class State : std::uint8_t {
  kOpen,
  kEnded,
  kInterrupted,  // it was open when kcommons stopped, and nobody saw it end
};
inline constexpr std::size_t kStateCount = 3;
std::string_view name_of(State state);  // "open", "ended", "interrupted"

enum class EndedBy : std::uint8_t {
  kUse,    // less is used
  kLimit,  // the limit was raised, or is none any more
  kGone,   // the pool can be read no more: a module is gone, or the reading fails
};
inline constexpr std::size_t kEndedByCount = 3;
std::string_view name_of(EndedBy reason);  // "use", "limit", "gone"

struct IncidentHolder {
  std::string name;  // attribution::holder_name()
  bool is_container = false;
  // The labels of the metrics; `unit` is that of a host group, the others are a container's.
  std::string unit;
  std::string container_id;
  std::string runtime;
  std::string container;
  std::string pod;
  std::string pod_namespace;
  bool by_runtime = false;  // held by a shim or monitor on the container's behalf
  std::uint64_t used = 0;
  std::optional<double> share;  // of what was used at the census
};

// What one census told of the pool.
struct CensusView {
  WallTime taken_at;
  bool exact = false;                   // Snapshot::exact
  std::optional<std::uint64_t> used;    // at the census
  std::vector<IncidentHolder> holders;  // the largest first
  std::uint64_t more_holders = 0;       // not among them
  std::uint64_t more_used = 0;          // and what they hold
  std::uint64_t container_neighbours = 0;
  std::uint64_t host_neighbours = 0;
  std::vector<std::string> neighbours;  // the first of them by name, containers first
};

struct Incident {
  std::uint64_t id = 0;  // rises, and is not given twice as long as the file is kept
  State state = State::kOpen;
  catalogue::ResourceId resource{};
  std::string userns;  // as attribution::Pool has them
  std::string uid;

  WallTime began_at;
  std::optional<WallTime> full_at;   // when it first had no more; empty: it always had
  std::optional<WallTime> ended_at;  // empty too where nobody saw it end
  std::optional<EndedBy> ended_by;   // with ended_at
  std::chrono::seconds lasted{0};    // until it ended, or as far as it was watched
  std::uint64_t crossings = 1;       // how often it came above the threshold
  std::uint64_t interruptions = 0;   // how often kcommons was started anew meanwhile

  std::uint64_t used = 0;  // as last read; of one that is over, when it was
  std::uint64_t peak = 0;
  std::uint64_t limit = 0;                    // that it ran against
  std::optional<attribution::Growth> growth;  // when it began
  std::optional<std::chrono::seconds> full_in;
  // The fullest census since it began; one from before until there is one. Null before the first.
  std::shared_ptr<const CensusView> census;
  std::string boot_id;  // of the kernel, as random/boot_id has it; empty: not known
};

// `holders` at most. Text of hostile length is cut.
CensusView view_of(const attribution::Snapshot& snapshot, const attribution::Pool& pool,
                   std::size_t holders);

using Incidents = std::vector<std::shared_ptr<const Incident>>;

// Of states in the order in which they were written, the last of each incident; the newest incident
// first.
Incidents newest_states(Incidents written);

}  // namespace kcommons::incidents
