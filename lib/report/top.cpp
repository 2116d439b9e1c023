#include "report/top.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/text.hpp"
#include "report/pool_rows.hpp"
#include "report/unseen.hpp"

namespace kcommons::report {

namespace {

using attribution::By;
using attribution::Group;
using attribution::Grouping;
using attribution::Holder;
using attribution::Snapshot;
using catalogue::ResourceId;
using census::Census;
using census::Unseen;

// --- who --------------------------------------------------------------------------------------

TopWho who_of(const Holder& holder) {
  const bool container = is_container(holder);
  return {.kind = container ? TopWho::Kind::kContainer : TopWho::Kind::kHost,
          .name = holder_name(holder),
          .container_id = holder.container_id,
          .runtime = holder.runtime,
          .container = holder.container,
          .pod = holder.pod,
          .pod_namespace = holder.pod_namespace,
          .unit = holder.unit};
}

TopWho pod_of(const Holder& holder) {
  TopWho who{.kind = TopWho::Kind::kPod,
             .runtime = holder.runtime,
             .pod = holder.pod.empty() ? holder.pod_uid : holder.pod,
             .pod_namespace = holder.pod_namespace};
  who.name = text::printable(who.pod);
  if (!who.pod_namespace.empty()) who.name = text::printable(who.pod_namespace) + "/" + who.name;
  return who;
}

TopWho process_of(const census::ProcessRecord& process, const Holder& holder) {
  TopWho who = who_of(holder);
  who.kind = TopWho::Kind::kProcess;
  who.uid = std::to_string(process.effective_uid.value());
  who.pid = process.pid;
  who.start_time = process.start_time;
  return who;
}

TopWho who_of(const Census& census, const Grouping& grouping, const Group& group) {
  if (!group.uid.empty()) {
    return {.kind = TopWho::Kind::kUser, .name = "uid " + group.uid, .uid = group.uid};
  }
  if (group.holder == census::kNoIndex) {
    return {.kind = TopWho::Kind::kUnit, .name = text::printable(group.unit), .unit = group.unit};
  }
  const Holder& holder = grouping.holders[group.holder];
  if (group.pod) return pod_of(holder);
  if (group.process == census::kNoIndex) return who_of(holder);
  return process_of(census.processes[group.process], holder);
}

// --- pools and rows ---------------------------------------------------------------------------

TopPool pool_of(const attribution::Pool& pool, std::uint64_t held) {
  TopPool made{.resource = pool.resource,
               .userns = pool.userns,
               .uid = pool.uid,
               .used = pool.used_at_census,
               .limit = pool.limit,
               .held = held};
  for (const attribution::Unattributed& part : pool.unattributed) {
    if (part.amount == 0) continue;
    made.unattributed.push_back({.cause = std::string(part.cause), .amount = part.amount});
  }
  if (pool.unattributed.empty() && pool.used_at_census && *pool.used_at_census != held) {
    made.unattributed.push_back({.cause = std::string(kHoldersNotTold),
                                 .amount = static_cast<std::int64_t>(*pool.used_at_census - held)});
  }
  return made;
}

TopRow row_of(const attribution::GroupHolding& holding, std::uint32_t pool_index,
              const TopPool& pool) {
  TopRow row{.who = holding.group,
             .pool = pool_index,
             .used = holding.used,
             .runtime_used = holding.runtime_used,
             .limit_ratio = attribution::fullness(holding.used, pool.limit)};
  if (pool.used.value_or(0) > 0) {
    row.share = static_cast<double>(holding.used) / static_cast<double>(*pool.used);
  }
  return row;
}

void add_pool(Top& top, const attribution::Pool& pool,
              const std::vector<attribution::GroupHolding>& holdings) {
  std::uint64_t held = 0;
  for (const attribution::GroupHolding& holding : holdings) held += holding.used;
  if (!pool.used_at_census && held == 0) return;
  const auto index = static_cast<std::uint32_t>(top.pools.size());
  top.pools.push_back(pool_of(pool, held));
  top.pools.back().rows_shown = holdings.size();
  for (const attribution::GroupHolding& holding : holdings) {
    top.rows.push_back(row_of(holding, index, top.pools.back()));
    top.who[holding.group].shown = true;
  }
}

// Rows that are equal in what is asked for: the most first, by pool, by name.
auto rest_key(const Top& top, const TopRow& row) {
  return std::tuple(~row.used, row.pool, sort_key(top.who[row.who]), row.who);
}

bool is_before(const Top& top, TopOrder order, const TopRow& left, const TopRow& right) {
  const auto rest = [&] { return rest_key(top, left) < rest_key(top, right); };
  switch (order) {
    case TopOrder::kUsed:
      break;
    case TopOrder::kLimit:
      return left.limit_ratio != right.limit_ratio ? left.limit_ratio > right.limit_ratio : rest();
    case TopOrder::kShare:
      return left.share != right.share ? left.share > right.share : rest();
    case TopOrder::kName: {
      const auto left_name = sort_key(top.who[left.who]);
      const auto right_name = sort_key(top.who[right.who]);
      return left_name != right_name ? left_name < right_name : rest();
    }
    case TopOrder::kPool:
      return left.pool != right.pool ? left.pool < right.pool : rest();
  }
  return rest();
}

bool is_asked_for(const TopQuery& query, ResourceId resource) {
  return query.resources.empty() || std::ranges::count(query.resources, resource) > 0;
}

// --- what the source could not see ------------------------------------------------------------

void judge(const Census& census, const TopSource& source, Top& top) {
  top.complete = true;
  const auto lacks = [&](std::string what) {
    top.complete = false;
    top.warnings.push_back(std::move(what));
  };
  if (!census.exact) {
    top.warnings.emplace_back(
        "read from procfs: open files are estimates, and of inotify there is at least what is "
        "shown");
  }
  if (!source.restriction.empty()) lacks("the view is restricted: " + source.restriction);
  for (std::size_t i = 0; i < census.unseen.size(); ++i) {
    const auto reason = static_cast<Unseen>(i);
    // Processes that end meanwhile are usual.
    if (census.unseen[i] == 0 || reason == Unseen::kVanished) continue;
    lacks(fmt::format("{}: {}", words_for(reason), census.unseen[i]));
  }
  if (census.cgroup_namespace_private) {
    lacks("kcommons runs in a cgroup namespace of its own and cannot tell all containers");
  }
  const std::uint64_t failed = census.failures.total();
  if (failed > 0) lacks(fmt::format("{} reads failed, first: {}", failed, census.failures.first));
}

// Whether the source would tell that nothing is used.
bool is_told(const Census& census, ResourceId resource) {
  const catalogue::Resource& row = catalogue::resource(resource);
  if (census.readings[catalogue::index_of(resource)].used) return true;
  switch (row.scope) {
    case catalogue::Scope::kHost:
      return false;
    case catalogue::Scope::kObject:
      return (census.exact ? row.bpf : row.procfs) != catalogue::Accuracy::kNone;
    case catalogue::Scope::kUser:
    case catalogue::Scope::kUid:
      break;
  }
  return census.exact || row.procfs != catalogue::Accuracy::kNone;
}

// A resource that was asked for and has no pool.
void explain_missing(const Census& census, const TopQuery& query, Top& top) {
  for (const ResourceId resource : query.resources) {
    if (std::ranges::count(top.pools, resource, &TopPool::resource) > 0) continue;
    if (is_told(census, resource)) {
      top.unused.push_back(resource);
      continue;
    }
    top.complete = false;
    top.warnings.push_back(
        fmt::format("{} cannot be read by {}", catalogue::resource(resource).name, top.source));
  }
}

}  // namespace

std::tuple<Pid, std::string_view> sort_key(const TopWho& who) {
  return {who.pid.value_or(Pid{}), who.name};
}

Top make_top(const Census& census, const Snapshot& snapshot, const TopSource& source,
             const TopQuery& query) {
  Top top;
  top.taken_at = snapshot.taken_at;
  top.source = source.name;
  top.source_reason = source.reason;
  top.exact = snapshot.exact;
  top.by = query.by;
  judge(census, source, top);
  const Grouping grouping = attribution::group_holdings(census, snapshot, query.by);
  for (const Group& group : grouping.groups) top.who.push_back(who_of(census, grouping, group));
  for (std::size_t i = 0; i < snapshot.pools.size(); ++i) {
    if (!is_asked_for(query, snapshot.pools[i].resource)) continue;
    add_pool(top, snapshot.pools[i], grouping.pools[i]);
  }
  explain_missing(census, query, top);
  std::ranges::sort(top.rows, [&](const TopRow& left, const TopRow& right) {
    return is_before(top, query.order, left, right);
  });
  return top;
}

void limit_rows(Top& top, std::size_t most) {
  if (most == 0 || top.rows.size() <= most) return;
  for (std::size_t i = most; i < top.rows.size(); ++i) {
    TopPool& pool = top.pools[top.rows[i].pool];
    pool.held -= top.rows[i].used;
    pool.cut += top.rows[i].used;
    --pool.rows_shown;
    ++pool.rows_cut;
  }
  top.rows_cut += top.rows.size() - most;
  top.rows.resize(most);
  for (TopWho& who : top.who) who.shown = false;
  for (const TopRow& row : top.rows) top.who[row.who].shown = true;
}

}  // namespace kcommons::report
