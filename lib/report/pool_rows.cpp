#include "report/pool_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/text.hpp"

namespace kcommons::report {

namespace {

constexpr std::string_view kUnknown = "unknown";

std::optional<PoolRow::TopHolder> top_holder(const attribution::Snapshot& snapshot,
                                             const attribution::Pool& pool) {
  if (pool.holdings.empty()) return std::nullopt;
  const attribution::Holding& largest = pool.holdings.front();
  if (largest.holder >= snapshot.holders.size()) return std::nullopt;
  const attribution::Holder& holder = snapshot.holders[largest.holder];
  const bool has_id = !attribution::is_other(holder);
  return PoolRow::TopHolder{
      .name = holder_name(holder),
      .id = has_id ? attribution::short_id(holder.container_id) : std::string{},
      .runtime = largest.role == cgroup::Role::kRuntime,
      .used = largest.used};
}

PoolRow row_of(const attribution::Snapshot& snapshot, const attribution::Pool& pool) {
  PoolRow row;
  row.resource = pool.resource;
  row.userns = pool.userns;
  row.uid = pool.uid;
  row.used = pool.used_at_census;
  row.limit = pool.limit;
  if (row.used) row.ratio = attribution::fullness(*row.used, row.limit);
  row.top = top_holder(snapshot, pool);
  row.container_neighbours = pool.container_neighbours;
  row.host_neighbours = pool.host_neighbours;
  return row;
}

// No ratio is below every ratio, and nothing known to be used below 0 used.
bool is_fuller(const PoolRow& left, const PoolRow& right) {
  if (left.ratio != right.ratio) return left.ratio > right.ratio;
  return !left.ratio && left.used > right.used;
}

}  // namespace

std::vector<PoolRow> pool_rows(const attribution::Snapshot& snapshot) {
  std::vector<PoolRow> rows;
  rows.reserve(snapshot.pools.size());
  for (std::size_t i = 0; i < snapshot.pools.size(); ++i) {
    rows.push_back(row_of(snapshot, snapshot.pools[i]));
    rows.back().pool = i;
  }
  std::ranges::stable_sort(rows, is_fuller);
  return rows;
}

std::string used_text(const PoolRow& row) {
  return row.used ? fmt::format("{}", *row.used) : std::string(kUnknown);
}

std::string limit_text(const PoolRow& row) {
  return limit_text(row.limit);
}

std::string use_text(const PoolRow& row) {
  return percent_text(row.ratio);
}

std::string scope_text(const PoolRow& row) {
  return scope_text(row.resource, row.userns, row.uid);
}

std::string limit_text(const std::optional<catalogue::Limit>& limit) {
  if (!limit) return std::string(kUnknown);
  return limit->value ? fmt::format("{}", *limit->value) : "unlimited";
}

std::string percent_text(const std::optional<double>& ratio) {
  constexpr double kMostShown = 99.999;
  if (!ratio) return "-";
  if (*ratio > kMostShown) return ">9999%";
  return fmt::format("{:.1f}%", *ratio * 100);
}

std::string scope_text(catalogue::ResourceId resource, std::string_view userns,
                       std::string_view uid) {
  if (uid.empty()) {
    const bool host = catalogue::resource(resource).scope == catalogue::Scope::kHost;
    return host ? "host" : "fullest";
  }
  if (uid == attribution::kOther) return "other users";
  std::string scope = "uid " + text::printable(uid);
  if (userns != "initial" && !userns.empty()) {
    scope += " in user namespace " + text::printable(userns);
  }
  return scope;
}

}  // namespace kcommons::report
