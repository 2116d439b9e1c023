#include "report/top_table.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "report/pool_rows.hpp"
#include "report/top_cells.hpp"

namespace kcommons::report {

namespace {

using catalogue::ResourceId;
using Column = Table::Column;

constexpr std::string_view kNone = "-";

std::string rows_text(const Top& top, Detail detail, const Paper& paper) {
  const bool wide = detail == Detail::kWide;
  std::vector<Column> columns = who_columns(top.by, detail);
  columns.insert(columns.end(), {{"POOL"}, {"USED", true}});
  if (wide) columns.insert(columns.end(), {{"BY_RUNTIME", true}, {"LIMIT", true}});
  columns.insert(columns.end(), {{"LIMIT%", true}, {"SHARE%", true}});
  Table table(std::move(columns));
  for (const TopRow& row : top.rows) {
    const TopPool& pool = top.pools[row.pool];
    Cells cells = who_cells(top.who[row.who], top.by, detail);
    cells.push_back({pool_text(pool)});
    cells.push_back(number(row.used));
    if (wide) {
      cells.push_back(number(row.runtime_used));
      cells.push_back({limit_text(pool.limit)});
    }
    cells.push_back(percent(row.limit_ratio));
    cells.push_back({percent_text(row.share)});
    table.add(std::move(cells));
  }
  return table.text(paper);
}

std::int64_t unattributed_of(const TopPool& pool) {
  std::int64_t sum = 0;
  for (const auto& part : pool.unattributed) sum += part.amount;
  return sum;
}

Cells total_cells(const TopPool& pool, bool is_cut) {
  Cells cells{{pool_text(pool)}, number(pool.held)};
  if (is_cut) cells.push_back(number(pool.cut));
  cells.push_back({pool.used ? fmt::format("{}", unattributed_of(pool)) : std::string(kNone)});
  cells.push_back({pool.used ? fmt::format("{}", *pool.used) : "unknown"});
  cells.push_back({limit_text(pool.limit)});
  const auto ratio = pool.used ? attribution::fullness(*pool.used, pool.limit) : std::nullopt;
  cells.push_back(percent(ratio));
  return cells;
}

// The pools of a resource that have no row any more, as one line: they balance too.
Cells other_cells(ResourceId resource, const std::vector<const TopPool*>& pools) {
  TopPool sum;
  sum.used = 0;
  std::int64_t unattributed = 0;
  for (const TopPool* pool : pools) {
    sum.cut += pool->cut;
    unattributed += unattributed_of(*pool);
    if (sum.used) sum.used = pool->used ? std::optional(*sum.used + *pool->used) : std::nullopt;
  }
  return {{fmt::format("{} of {} others", catalogue::resource(resource).name, pools.size())},
          number(0),
          number(sum.cut),
          {fmt::format("{}", unattributed)},
          {sum.used ? fmt::format("{}", *sum.used) : "unknown"},
          {std::string(kNone)},
          {std::string(kNone)}};
}

std::string totals_text(const Top& top, const Paper& paper) {
  const bool is_cut = top.rows_cut > 0;
  std::vector<Column> columns{{"TOTALS"}, {"HELD", true}};
  if (is_cut) columns.push_back({"MORE", true});
  columns.insert(columns.end(),
                 {{"UNATTRIBUTED", true}, {"USED", true}, {"LIMIT", true}, {"USE%", true}});
  Table table(std::move(columns));
  std::vector<std::pair<ResourceId, std::vector<const TopPool*>>> others;
  for (const TopPool& pool : top.pools) {
    if (!is_cut || pool.rows_cut == 0 || pool.rows_shown > 0) {
      table.add(total_cells(pool, is_cut));
      continue;
    }
    if (others.empty() || others.back().first != pool.resource)
      others.push_back({pool.resource, {}});
    others.back().second.push_back(&pool);
  }
  for (const auto& [resource, pools] : others) {
    if (pools.size() == 1) {
      table.add(total_cells(*pools.front(), is_cut));
    } else {
      table.add(other_cells(resource, pools));
    }
  }
  for (const ResourceId resource : top.unused) {
    const TopPool nothing{.resource = resource, .used = 0};
    Cells cells = total_cells(nothing, is_cut);
    cells[cells.size() - 2] = {std::string(kNone)};
    table.add(std::move(cells));
  }
  return table.empty() ? std::string{} : "\n" + table.text(paper);
}

std::string causes_text(const Top& top, const Paper& paper) {
  Table table({{"UNATTRIBUTED"}, {"CAUSE"}, {"UNITS", true}});
  for (const TopPool& pool : top.pools) {
    for (const auto& part : pool.unattributed) {
      table.add({{pool_text(pool)}, {part.cause}, {fmt::format("{}", part.amount)}});
    }
  }
  return table.empty() ? std::string{} : "\n" + table.text(paper);
}

}  // namespace

std::string top_table(const Top& top, Detail detail, const Paper& paper) {
  std::string out = rows_text(top, detail, paper);
  if (!paper.headings) return out;
  if (top.rows_cut > 0) out += fmt::format("{} more\n", top.rows_cut);
  return out + totals_text(top, paper) + causes_text(top, paper);
}

}  // namespace kcommons::report
