// What `kcommons audit` says: every shared resource of the host, the fullest first, and of those
// that are nearly full, or soon will be, who holds them, who shares them and so fails next, with
// which error, and what to do. Pure, thread-safe. Text in it is printable on one line
// (text::printable).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attribution/snapshot.hpp"
#include "base/clock.hpp"
#include "catalogue/catalogue.hpp"
#include "report/audit_options.hpp"
#include "report/pool_rows.hpp"

namespace kcommons::report {

// As monitoring plugins do, which is also how the program exits.
enum class Severity : std::uint8_t { kOk = 0, kWarning = 1, kCritical = 2, kUnknown = 3 };
std::string_view name_of(Severity severity);  // "OK", "WARNING", "CRITICAL", "UNKNOWN"

struct Advice {
  enum class Kind : std::uint8_t {
    kSysctl,    // raise the limit of the host
    kUlimit,    // raise the limit of the processes that fail
    kOtherUid,  // run the top holder as another user
    kLook,      // at an application, or at how the host is used
  };
  Kind kind = Kind::kLook;
  std::string text;               // for people
  std::string command;            // to be run as it stands; empty where there is none
  std::uint64_t value = 0;        // the new limit; of kSysctl and kUlimit
  std::uint64_t price_bytes = 0;  // kernel memory, when all of it is used; 0: not to speak of
  std::uint64_t frees = 0;        // units; of kOtherUid
};
std::string_view name_of(Advice::Kind kind);  // "sysctl", "ulimit", "other_uid", "look"

// A pool that is nearly full, or on course to be full soon.
struct Finding {
  std::size_t pool = 0;  // index in Audit::pools
  Severity severity = Severity::kWarning;
  std::vector<Advice> advice;  // the best first
};

struct AuditPool {
  PoolRow row;
  std::vector<std::string> neighbours;  // all of them by name; containers first
  std::optional<double> share;          // of what is used, that the top holder has
  bool top_is_container = false;
  // Known only where somebody has watched the pool for a while: the daemon does.
  std::optional<attribution::Growth> growth;
  // Until it is full, if it goes on growing like this; empty where that is never, or further off
  // than can be told.
  std::optional<std::chrono::seconds> full_in;
};

struct Audit {
  WallTime taken_at;
  std::string source;  // bpf or procfs
  std::string source_reason;
  bool exact = false;
  bool complete = false;  // nothing was hidden from the source, and no read failed
  std::vector<std::string> warnings;
  Severity status = Severity::kOk;
  std::vector<AuditPool> pools;               // the fullest first, then those without a limit
  std::vector<Finding> findings;              // the fullest first
  std::vector<catalogue::ResourceId> unread;  // not on this machine, or not seen by the source
  std::vector<catalogue::ResourceId> unused;  // read, and nobody has any
};

// What is known of the source beside the snapshot.
struct AuditSource {
  std::string name;
  std::string reason;
  std::string restriction;  // what limits its view; empty when nothing does
  std::string stale;        // why the snapshot is older than it should be; empty when it is not
};

// Whether it is worth saying when the pool will be full: what was watched for two minutes tells
// something of the next half-hour, and nothing of the afternoon.
bool is_foreseeable(const AuditPool& pool);

// What is cut to `_other` has no limit of its own, and so is never found to be full.
Audit make_audit(const attribution::Snapshot& snapshot, const AuditSource& source,
                 const AuditOptions& options);

}  // namespace kcommons::report
