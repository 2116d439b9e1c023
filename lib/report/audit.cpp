#include "report/audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <set>

#include "base/text.hpp"
#include "report/unseen.hpp"

namespace kcommons::report {

namespace {

using attribution::Holder;
using attribution::Pool;
using catalogue::ResourceId;
using catalogue::Scope;

using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = std::uint64_t{1024} * 1024;

// What is on course to be full within this is found, full or not: long enough for somebody to do
// something about it.
constexpr std::chrono::seconds kSoon = 4h;
// Not what is hardly used: a pool that is a tenth full would have to grow tenfold, and what starts
// up grows fast from nothing without going on.
constexpr double kOnCourseFrom = 0.1;
// As long as it was watched.
constexpr int kTimesAhead = 12;

// Of all holders, by index: each is a neighbour of many pools.
std::vector<std::string> names_of_holders(const attribution::Snapshot& snapshot) {
  std::vector<std::string> names;
  names.reserve(snapshot.holders.size());
  for (const Holder& holder : snapshot.holders) names.push_back(holder_name(holder));
  return names;
}

std::vector<std::string> names_of(const attribution::Snapshot& snapshot, const Pool& pool,
                                  const std::vector<std::string>& all) {
  std::vector<std::string> names;
  for (const auto kind : {Holder::Kind::kContainer, Holder::Kind::kHost}) {
    for (const std::uint32_t index : pool.neighbours) {
      if (snapshot.holders[index].kind == kind) names.push_back(all[index]);
    }
  }
  return names;
}

bool is_on_course(const AuditPool& pool) {
  if (!pool.full_in || !pool.row.ratio || *pool.row.ratio < kOnCourseFrom) return false;
  return *pool.full_in <= kSoon && is_foreseeable(pool);
}

AuditPool pool_of(const attribution::Snapshot& snapshot, const Pool& pool, PoolRow row,
                  const std::vector<std::string>& names) {
  AuditPool out;
  out.growth = pool.growth;
  if (row.used) out.full_in = attribution::time_to_full(*row.used, row.limit, pool.growth);
  out.neighbours = names_of(snapshot, pool, names);
  if (row.top && row.used.value_or(0) > 0) {
    out.share = static_cast<double>(row.top->used) / static_cast<double>(*row.used);
    const Holder& top = snapshot.holders[pool.holdings.front().holder];
    out.top_is_container = attribution::is_container(top) && !attribution::is_other(top);
  }
  out.row = std::move(row);
  return out;
}

std::uint64_t twice_rounded_up(std::uint64_t number) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62U;
  return number >= kMost / 2 ? kMost : std::bit_ceil(number * 2);
}

std::uint64_t limit_of(const PoolRow& pool) {
  return pool.limit && pool.limit->value ? *pool.limit->value : 0;
}

// Twice what is used, and a round number, so that the same advice is not needed next week. Of a
// pool that is on course to be full, and yet far from it, that may be no more than it has: then
// twice the limit.
std::uint64_t limit_with_headroom(const PoolRow& pool) {
  const std::uint64_t wanted = twice_rounded_up(*pool.used);
  const std::uint64_t limit = limit_of(pool);
  return wanted >= limit + limit / 4 ? wanted : twice_rounded_up(limit);
}

std::string memory_text(std::uint64_t bytes) {
  if (bytes >= kMiB) return fmt::format("{} MiB", (bytes + kMiB - 1) / kMiB);
  return fmt::format("{} KiB", (bytes + 1023) / 1024);
}

// The value of the sysctl that makes the limit `wanted`: not all of them are the limit itself.
std::string sysctl_line(const catalogue::Resource& row, const PoolRow& pool, std::uint64_t wanted) {
  switch (row.id) {
    case ResourceId::kTcpMemoryPages:
    case ResourceId::kUdpMemoryPages:
      return fmt::format(
          "sysctl -w {0}=\"$(awk '{{print $1, $2, {1}}}' /proc/sys/{2})\"", row.sysctl, wanted,
          row.id == ResourceId::kTcpMemoryPages ? "net/ipv4/tcp_mem" : "net/ipv4/udp_mem");
    case ResourceId::kPtys:
      return fmt::format("sysctl -w {}=$(({} + $(sysctl -n kernel.pty.reserve)))", row.sysctl,
                         wanted);
    case ResourceId::kKeys:
    case ResourceId::kKeyBytes: {
      const std::string_view name = row.sysctl.substr(row.sysctl.rfind('.') + 1);
      return fmt::format("sysctl -w kernel.keys.{}{}={}", pool.uid == "0" ? "root_" : "", name,
                         wanted);
    }
    default:
      return fmt::format("sysctl -w {}={}", row.sysctl, wanted);
  }
}

// A user namespace's own limit is raised in it; the host's sysctl does nothing for it.
bool is_limited_inside(const PoolRow& pool) {
  return !pool.userns.empty() && pool.userns != "initial";
}

std::optional<Advice> raise_the_sysctl(const catalogue::Resource& row, const PoolRow& pool) {
  if (row.sysctl.empty() || !pool.used || is_limited_inside(pool)) return std::nullopt;
  Advice advice{.kind = Advice::Kind::kSysctl};
  advice.value = limit_with_headroom(pool);
  const std::uint64_t limit = limit_of(pool);
  const std::uint64_t more = advice.value > limit ? advice.value - limit : 0;
  advice.price_bytes = more * row.bytes_each;
  advice.command = sysctl_line(row, pool, advice.value);
  advice.text = "raise the limit for all";
  if (advice.price_bytes > 0) {
    advice.text += fmt::format("; takes {} of kernel memory once it is used up",
                               memory_text(advice.price_bytes));
  }
  return advice;
}

std::optional<Advice> raise_the_ulimit(const catalogue::Resource& row, const PoolRow& pool) {
  if (!row.sysctl.empty() || !row.limit.starts_with("RLIMIT_") || !pool.used) return std::nullopt;
  Advice advice{.kind = Advice::Kind::kUlimit};
  advice.value = limit_with_headroom(pool);
  advice.text = fmt::format("raise it to {}; {}", advice.value, row.remedy);
  return advice;
}

std::optional<Advice> change_the_user(const AuditPool& pool) {
  const catalogue::Resource& row = catalogue::resource(pool.row.resource);
  const bool of_user = row.scope == Scope::kUser || row.scope == Scope::kUid;
  if (!of_user || !pool.top_is_container || !pool.row.top) return std::nullopt;
  Advice advice{.kind = Advice::Kind::kOtherUid, .frees = pool.row.top->used};
  advice.text = fmt::format("run {} as another UID (docker run --user, runAsUser); frees {} of {}",
                            pool.row.top->name, advice.frees, scope_text(pool.row));
  return advice;
}

std::vector<Advice> advice_for(const AuditPool& pool) {
  const catalogue::Resource& row = catalogue::resource(pool.row.resource);
  std::vector<Advice> advice;
  if (auto one = raise_the_sysctl(row, pool.row)) advice.push_back(std::move(*one));
  if (auto one = change_the_user(pool)) advice.push_back(std::move(*one));
  if (auto one = raise_the_ulimit(row, pool.row)) {
    advice.push_back(std::move(*one));
  } else {
    advice.push_back({.kind = Advice::Kind::kLook, .text = std::string(row.remedy)});
  }
  return advice;
}

Severity severity_of(const AuditPool& pool, const AuditOptions& options) {
  const std::optional<double>& ratio = pool.row.ratio;
  if (ratio && *ratio >= options.critical) return Severity::kCritical;
  if (ratio && *ratio >= options.warning) return Severity::kWarning;
  return is_on_course(pool) ? Severity::kWarning : Severity::kOk;
}

void find_what_is_missing(const attribution::Snapshot& snapshot, Audit& audit) {
  std::set<ResourceId> present;
  for (const AuditPool& pool : audit.pools) present.insert(pool.row.resource);
  for (const catalogue::Resource& row : catalogue::kResources) {
    if (present.contains(row.id)) continue;
    const census::Reading& reading = snapshot.readings[catalogue::index_of(row.id)];
    // Of what is charged to users a limit alone tells that the kernel has it.
    const bool of_user = row.scope == Scope::kUser || row.scope == Scope::kUid;
    const bool readable = (audit.exact || row.procfs != catalogue::Accuracy::kNone) && of_user;
    (reading.used || readable ? audit.unused : audit.unread).push_back(row.id);
  }
}

void add_warnings(const attribution::Snapshot& snapshot, const AuditSource& source, Audit& audit) {
  for (const std::string* const trouble : {&source.stale, &source.restriction}) {
    if (!trouble->empty()) audit.warnings.push_back(text::printable(*trouble));
  }
  for (std::size_t i = 0; i < snapshot.unseen.size(); ++i) {
    const auto reason = static_cast<census::Unseen>(i);
    if (snapshot.unseen.at(i) == 0 || reason == census::Unseen::kVanished) continue;
    audit.warnings.push_back(fmt::format("{} {}", snapshot.unseen.at(i), words_for(reason)));
  }
  if (snapshot.failed_reads > 0) {
    audit.warnings.push_back(fmt::format("{} reads failed, the first: {}", snapshot.failed_reads,
                                         text::printable(snapshot.first_failure)));
  }
  audit.complete = audit.warnings.empty();
  if (!audit.exact) {
    audit.warnings.emplace_back(
        "by procfs, what users are charged for inotify is \"at least\", and open "
        "files of holders are an estimate");
  }
}

}  // namespace

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::kOk:
      return "OK";
    case Severity::kWarning:
      return "WARNING";
    case Severity::kCritical:
      return "CRITICAL";
    case Severity::kUnknown:
      return "UNKNOWN";
  }
  return "";
}

std::string_view name_of(Advice::Kind kind) {
  switch (kind) {
    case Advice::Kind::kSysctl:
      return "sysctl";
    case Advice::Kind::kUlimit:
      return "ulimit";
    case Advice::Kind::kOtherUid:
      return "other_uid";
    case Advice::Kind::kLook:
      return "look";
  }
  return "";
}

bool is_foreseeable(const AuditPool& pool) {
  return pool.full_in && pool.growth && *pool.full_in <= kTimesAhead * pool.growth->over;
}

Audit make_audit(const attribution::Snapshot& snapshot, const AuditSource& source,
                 const AuditOptions& options) {
  Audit audit{.taken_at = snapshot.taken_at,
              .source = source.name,
              .source_reason = text::printable(source.reason),
              .exact = snapshot.exact};
  const std::vector<std::string> names = names_of_holders(snapshot);
  for (PoolRow& row : pool_rows(snapshot)) {
    const Pool& pool = snapshot.pools[row.pool];
    audit.pools.push_back(pool_of(snapshot, pool, std::move(row), names));
  }
  for (std::size_t i = 0; i < audit.pools.size(); ++i) {
    const Severity severity = severity_of(audit.pools[i], options);
    if (severity == Severity::kOk) continue;
    audit.findings.push_back(
        {.pool = i, .severity = severity, .advice = advice_for(audit.pools[i])});
    audit.status = std::max(audit.status, severity);
  }
  add_warnings(snapshot, source, audit);
  find_what_is_missing(snapshot, audit);
  // Without the pool that every host has, nothing is known of it; and what was well may be no more.
  const bool blind =
      !source.stale.empty() || !snapshot.readings[catalogue::index_of(ResourceId::kOpenFiles)].used;
  if (blind && audit.status == Severity::kOk) audit.status = Severity::kUnknown;
  return audit;
}

}  // namespace kcommons::report
