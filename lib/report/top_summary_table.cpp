#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "report/pool_rows.hpp"
#include "report/top_cells.hpp"
#include "report/top_table.hpp"

namespace kcommons::report {

namespace {

using attribution::By;
using catalogue::ResourceId;
using Column = Table::Column;

constexpr std::string_view kNone = "-";

// Room for a name beside the numbers of a summary.
constexpr std::size_t kNameRoom = 24;
constexpr std::size_t kLine = 80;
constexpr std::size_t kGap = 2;

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
    std::size_t widest = column_heading(summary.columns[i].resource, detail).size();
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

std::string column_heading(ResourceId resource, Detail detail) {
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
    columns.push_back({column_heading(summary.columns[i].resource, detail), true});
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
