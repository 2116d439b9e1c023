#include "report/top_summary.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace kcommons::report {

namespace {

using catalogue::ResourceId;

// What people ask for first; the rest as the catalogue has it.
constexpr std::array kAskedFor{ResourceId::kOpenFiles,      ResourceId::kInotifyInstances,
                               ResourceId::kInotifyWatches, ResourceId::kThreads,
                               ResourceId::kPipePages,      ResourceId::kEpollWatches};

// Every charge ends in one of these, and in none of them twice.
bool is_outermost(const TopPool& pool) {
  if (catalogue::resource(pool.resource).scope == catalogue::Scope::kObject) return false;
  return pool.userns.empty() || pool.userns == "initial";
}

std::vector<ResourceId> columns_of(const Top& top) {
  std::array<bool, catalogue::kResourceCount> held{};
  for (const TopRow& row : top.rows) {
    const TopPool& pool = top.pools[row.pool];
    if (is_outermost(pool)) held[catalogue::index_of(pool.resource)] = true;
  }
  std::vector<ResourceId> columns;
  const auto add = [&](ResourceId resource) {
    if (std::exchange(held[catalogue::index_of(resource)], false)) columns.push_back(resource);
  };
  for (const ResourceId resource : kAskedFor) add(resource);
  for (const catalogue::Resource& row : catalogue::kResources) add(row.id);
  return columns;
}

void add_to_column(const TopPool& pool, bool first, TopSummary::Column& column) {
  if (first) {
    column.used = pool.used;
    column.limit = pool.limit;
  } else {
    if (column.used) column.used = pool.used ? std::optional(*column.used + *pool.used) : pool.used;
    if (column.limit != pool.limit) column.limit.reset();
  }
  for (const auto& part : pool.unattributed) column.unattributed += part.amount;
  if (pool.used) {
    column.fullest = std::max(column.fullest, attribution::fullness(*pool.used, pool.limit));
  }
}

TopSummary::Column column_of(const Top& top, ResourceId resource) {
  TopSummary::Column column{.resource = resource};
  bool first = true;
  for (const TopPool& pool : top.pools) {
    if (pool.resource != resource || !is_outermost(pool)) continue;
    add_to_column(pool, first, column);
    first = false;
  }
  return column;
}

std::vector<TopSummary::Row> summary_rows(const Top& top, const std::vector<ResourceId>& columns) {
  std::array<std::size_t, catalogue::kResourceCount> column_of{};
  for (std::size_t i = 0; i < columns.size(); ++i) column_of[catalogue::index_of(columns[i])] = i;
  std::vector<TopSummary::Row> rows;
  std::vector<std::uint32_t> row_of(top.who.size(), census::kNoIndex);
  for (const TopRow& one : top.rows) {
    const TopPool& pool = top.pools[one.pool];
    if (!is_outermost(pool)) continue;
    if (row_of[one.who] == census::kNoIndex) {
      row_of[one.who] = static_cast<std::uint32_t>(rows.size());
      rows.push_back({.who = one.who, .used = std::vector<std::uint64_t>(columns.size())});
    }
    rows[row_of[one.who]].used[column_of[catalogue::index_of(pool.resource)]] += one.used;
  }
  return rows;
}

void cut_summary(TopSummary& summary, std::size_t most) {
  if (most == 0 || summary.rows.size() <= most) return;
  for (std::size_t row = most; row < summary.rows.size(); ++row) {
    for (std::size_t i = 0; i < summary.columns.size(); ++i) {
      summary.columns[i].cut += summary.rows[row].used[i];
    }
  }
  summary.rows_cut = summary.rows.size() - most;
  summary.rows.resize(most);
}

}  // namespace

TopSummary summarize(Top& top, std::optional<ResourceId> resource, bool by_name, std::size_t most) {
  TopSummary summary;
  const std::vector<ResourceId> columns = columns_of(top);
  for (const ResourceId column : columns) summary.columns.push_back(column_of(top, column));
  summary.rows = summary_rows(top, columns);
  const auto named = std::ranges::find(columns, resource.value_or(ResourceId::kOpenFiles));
  const auto first = static_cast<std::size_t>(named == columns.end() ? 0 : named - columns.begin());
  std::ranges::sort(summary.rows, [&](const TopSummary::Row& left, const TopSummary::Row& right) {
    const auto left_name = sort_key(top.who[left.who]);
    const auto right_name = sort_key(top.who[right.who]);
    if (by_name) return std::tuple(left_name, left.who) < std::tuple(right_name, right.who);
    return std::tuple(~left.used[first], right.used, left_name, left.who) <
           std::tuple(~right.used[first], left.used, right_name, right.who);
  });
  cut_summary(summary, most);
  for (TopWho& who : top.who) who.shown = false;
  for (const TopSummary::Row& row : summary.rows) top.who[row.who].shown = true;
  return summary;
}

}  // namespace kcommons::report
