#include "report/top_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "report/pool_rows.hpp"

namespace kcommons::report {

namespace {

using attribution::By;
using catalogue::ResourceId;
using Column = Table::Column;
using Cells = std::vector<Cell>;

constexpr std::size_t kShortId = 12;
constexpr std::string_view kNone = "-";

Cell number(std::uint64_t value) {
  return {fmt::format("{}", value)};
}

Cell text_or_none(std::string_view text) {
  return {text.empty() ? std::string(kNone) : text::printable(text)};
}

Cell percent(const std::optional<double>& ratio) {
  return {percent_text(ratio), ratio ? shade_of(*ratio) : Shade::kPlain};
}

std::string pool_text(const TopPool& pool) {
  const std::string name(catalogue::resource(pool.resource).name);
  if (pool.uid.empty()) return name;
  return name + " " + scope_text(pool.resource, pool.userns, pool.uid);
}

// --- the columns that say who ------------------------------------------------------------------

std::vector<Column> who_columns(By by, Detail detail) {
  const bool wide = detail == Detail::kWide;
  switch (by) {
    case By::kContainer:
      if (wide) return {{"HOLDER"}, {"KIND"}, {"RUNTIME"}, {"ID"}};
      return {{"HOLDER"}};
    case By::kUid:
      return {{"UID", true}};
    case By::kUnit:
      return {{"UNIT"}};
    case By::kPod:
      if (wide) return {{"POD"}, {"KIND"}, {"RUNTIME"}, {"ID"}};
      return {{"POD"}};
    case By::kProcess:
      break;
  }
  std::vector<Column> columns{{"PID", true}, {"COMMAND"}, {"HOLDER"}, {"UID", true}};
  if (wide) columns.insert(columns.end(), {{"RUNTIME"}, {"ID"}});
  return columns;
}

std::string_view kind_text(TopWho::Kind kind) {
  switch (kind) {
    case TopWho::Kind::kContainer:
      return "container";
    case TopWho::Kind::kPod:
      return "pod";
    default:
      return "host";
  }
}

void add_ids(const TopWho& who, Cells& cells) {
  cells.push_back(text_or_none(who.runtime));
  cells.push_back(text_or_none(std::string_view(who.container_id).substr(0, kShortId)));
}

Cells who_cells(const TopWho& who, By by, Detail detail) {
  const bool wide = detail == Detail::kWide;
  if (by == By::kUid) return {{who.uid}};
  if (by == By::kUnit) return {{who.name}};
  if (by != By::kProcess) {
    Cells cells{{who.name}};
    if (wide) {
      cells.push_back({std::string(kind_text(who.kind))});
      add_ids(who, cells);
    }
    return cells;
  }
  Cells cells{number(static_cast<std::uint64_t>(who.pid.value_or(Pid{}).value())),
              text_or_none(who.command.value_or("")),
              {who.name},
              {who.uid}};
  if (wide) add_ids(who, cells);
  return cells;
}

// --- rows and totals ---------------------------------------------------------------------------

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
      table.add({{pool_text(pool)}, {std::string(part.cause)}, {fmt::format("{}", part.amount)}});
    }
  }
  return table.empty() ? std::string{} : "\n" + table.text(paper);
}

// --- the summary -------------------------------------------------------------------------------

// Room for a name beside the numbers of a summary.
constexpr std::size_t kNameRoom = 24;
constexpr std::size_t kLine = 80;
constexpr std::size_t kGap = 2;

// Of resources with a long name.
std::string heading_of(ResourceId resource, Detail detail) {
  if (detail == Detail::kTable) {
    switch (resource) {
      case ResourceId::kOpenFiles:
        return "FILES";
      case ResourceId::kInotifyInstances:
        return "INOTIFY";
      case ResourceId::kInotifyWatches:
        return "WATCHES";
      case ResourceId::kPipePages:
        return "PIPEPAGES";
      case ResourceId::kEpollWatches:
        return "EPOLL";
      case ResourceId::kUserProcesses:
        return "USERPROCS";
      default:
        break;
    }
  }
  std::string heading(catalogue::resource(resource).name);
  std::ranges::transform(heading, heading.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return heading;
}

std::string limit_cell(const TopSummary::Column& column) {
  if (!column.limit) return "varies";
  const bool of_user = catalogue::resource(column.resource).scope != catalogue::Scope::kHost;
  return limit_text(column.limit) + (of_user && column.limit->value ? "/uid" : "");
}

// What stands below the rows, by column.
std::vector<std::string> footer(const TopSummary::Column& column, bool is_cut) {
  std::vector<std::string> cells;
  if (is_cut) cells.push_back(fmt::format("{}", column.cut));
  cells.push_back(column.used ? fmt::format("{}", column.unattributed) : std::string(kNone));
  cells.push_back(column.used ? fmt::format("{}", *column.used) : "unknown");
  cells.push_back(limit_cell(column));
  cells.push_back(percent_text(column.fullest));
  return cells;
}

std::vector<std::string> footer_names(const TopSummary& summary) {
  std::vector<std::string> names;
  if (summary.rows_cut > 0) names.push_back(fmt::format("({} more)", summary.rows_cut));
  names.insert(names.end(), {"(unattributed)", "(used)", "(limit)", "(fullest pool)"});
  return names;
}

// How many of the columns fit beside a name.
std::size_t fitting_columns(const TopSummary& summary, Detail detail, std::size_t who_room) {
  std::size_t taken = who_room;
  std::size_t count = 0;
  for (std::size_t i = 0; i < summary.columns.size(); ++i) {
    std::size_t widest = heading_of(summary.columns[i].resource, detail).size();
    for (const TopSummary::Row& row : summary.rows) {
      widest = std::max(widest, fmt::formatted_size("{}", row.used[i]));
    }
    for (const std::string& cell : footer(summary.columns[i], true)) {
      widest = std::max(widest, cell.size());
    }
    taken += widest + kGap;
    if (taken > kLine && count > 0) break;
    ++count;
  }
  return count;
}

// A footer has its name where there is room for one.
Cells footer_cells(const std::vector<Column>& who, const std::string& name) {
  Cells cells(who.size());
  const auto text = std::ranges::find(who, false, &Column::is_number);
  const auto at = text == who.end() ? 0 : static_cast<std::size_t>(text - who.begin());
  cells[at].text = name;
  return cells;
}

}  // namespace

std::string top_table(const Top& top, Detail detail, const Paper& paper) {
  std::string out = rows_text(top, detail, paper);
  if (!paper.headings) return out;
  if (top.rows_cut > 0) out += fmt::format("{} more\n", top.rows_cut);
  return out + totals_text(top, paper) + causes_text(top, paper);
}

std::string summary_table(const Top& top, const TopSummary& summary, Detail detail,
                          const Paper& paper) {
  std::vector<Column> columns = who_columns(top.by, detail);
  // Its foot has words in this column.
  if (top.by == By::kUid) columns.front().is_number = false;
  const std::vector<Column> who = columns;
  constexpr std::size_t kProcessRoom = 40;  // PID, command, holder and UID
  const std::size_t count =
      detail == Detail::kWide
          ? summary.columns.size()
          : fitting_columns(summary, detail, top.by == By::kProcess ? kProcessRoom : kNameRoom);
  for (std::size_t i = 0; i < count; ++i) {
    columns.push_back({heading_of(summary.columns[i].resource, detail), true});
  }
  Table table(std::move(columns));
  for (const TopSummary::Row& row : summary.rows) {
    Cells cells = who_cells(top.who[row.who], top.by, detail);
    for (std::size_t i = 0; i < count; ++i) cells.push_back(number(row.used[i]));
    table.add(std::move(cells));
  }
  if (!paper.headings) return table.text(paper);
  const std::vector<std::string> names = footer_names(summary);
  for (std::size_t line = 0; line < names.size(); ++line) {
    Cells cells = footer_cells(who, names[line]);
    for (std::size_t i = 0; i < count; ++i) {
      const bool is_fullest = line + 1 == names.size();
      const auto& column = summary.columns[i];
      cells.push_back({footer(column, summary.rows_cut > 0)[line],
                       is_fullest && column.fullest ? shade_of(*column.fullest) : Shade::kPlain});
    }
    table.add(std::move(cells));
  }
  std::string out = table.text(paper);
  if (count < summary.columns.size()) {
    out += fmt::format("columns left out: {} (-o wide has all)\n", summary.columns.size() - count);
  }
  return out;
}

}  // namespace kcommons::report
