// Who holds what: the rows of `kcommons top`, before they are a table, CSV or JSON. Pure,
// thread-safe. A Top knows nothing of where its numbers were read. Text in it is as the kernel or a
// container gave it, but for names, which are printable.
//
// The books balance: of each pool, the rows that are shown, those that were cut, and what is
// unattributed add up to what is used, wherever that is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "attribution/grouping.hpp"
#include "attribution/snapshot.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "catalogue/catalogue.hpp"
#include "census/census.hpp"

namespace kcommons::report {

// The cause of what is used of a pool whose holders the source cannot tell apart.
inline constexpr std::string_view kHoldersNotTold = "holders_not_told";

struct TopWho {
  enum class Kind : std::uint8_t { kContainer, kHost, kUser, kUnit, kPod, kProcess };
  Kind kind = Kind::kHost;
  std::string name;  // for people: "shop/web-1/nginx", "kubelet.service", "uid 1000"
  // Of a container; of a pod and a process as far as they have them.
  std::string container_id;
  std::string runtime;
  std::string container;
  std::string pod;
  std::string pod_namespace;
  std::string unit;  // of a host group or unit; of a process that is in no container
  std::string uid;   // of a user; the effective one of a process
  // Of a process. Its command is read only for those that are shown, and may be gone by then.
  std::optional<Pid> pid;
  std::uint64_t start_time = 0;  // clock ticks since boot
  std::optional<std::string> command;
  bool shown = false;  // stands in a row
};

// A part of what is used of a pool that no row has. Another machine's causes are text of its own.
struct TopUnattributed {
  std::string cause;
  std::int64_t amount = 0;  // negative where holdings exceed what the kernel counts
};

struct TopPool {
  catalogue::ResourceId resource{};
  std::string userns;
  std::string uid;
  std::optional<std::uint64_t> used;      // empty: could not be read
  std::optional<catalogue::Limit> limit;  // empty: could not be read
  std::vector<TopUnattributed> unattributed;
  std::uint64_t held = 0;  // by those in rows that are shown
  std::uint64_t cut = 0;   // and in those that are not
  std::size_t rows_shown = 0;
  std::size_t rows_cut = 0;
};

struct TopRow {
  std::uint32_t who = 0;   // index in Top::who
  std::uint32_t pool = 0;  // index in Top::pools
  std::uint64_t used = 0;
  std::uint64_t runtime_used = 0;     // the part that shims and monitors hold
  std::optional<double> limit_ratio;  // of the pool's limit; empty where it has none
  std::optional<double> share;        // of what is used of the pool
};

struct Top {
  WallTime taken_at;
  std::string source;
  std::string source_reason;
  bool exact = false;     // holdings are the kernel's own charges
  bool complete = false;  // nothing was hidden from the source, and no read failed
  std::vector<std::string> warnings;
  attribution::By by{};
  std::vector<TopWho> who;
  std::vector<TopPool> pools;                 // those of which anything is used
  std::vector<catalogue::ResourceId> unused;  // of those asked for, nothing is used
  std::vector<TopRow> rows;                   // in the order asked for
  std::size_t rows_cut = 0;
};

// What is known of the source.
struct TopSource {
  std::string name;
  std::string reason;
  std::string restriction;  // what limits its view; empty when nothing does
};

enum class TopOrder : std::uint8_t {
  kUsed,   // the most first
  kLimit,  // the largest part of a limit first
  kShare,  // the largest part of what is used first
  kName,   // A to Z; processes by PID
  kPool,   // as the catalogue has them, of each pool the most first
};

struct TopQuery {
  std::vector<catalogue::ResourceId> resources;  // empty: all
  attribution::By by = attribution::By::kContainer;
  TopOrder order = TopOrder::kUsed;
};

// All rows. `snapshot` is of this census, with nothing cut to `_other`.
Top make_top(const census::Census& census, const attribution::Snapshot& snapshot,
             const TopSource& source, const TopQuery& query);

// Keeps the first rows and counts the rest; 0 keeps all.
void limit_rows(Top& top, std::size_t most);

// By which people expect to find it: processes by PID, all else by name.
std::tuple<Pid, std::string_view> sort_key(const TopWho& who);

}  // namespace kcommons::report
