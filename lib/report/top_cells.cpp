#include "report/top_cells.hpp"

#include <fmt/format.h>

#include <iterator>

#include "base/text.hpp"
#include "report/pool_rows.hpp"

namespace kcommons::report {

namespace {

using attribution::By;
using Column = Table::Column;

constexpr std::size_t kShortId = 12;
constexpr std::string_view kNone = "-";

Cell text_or_none(std::string_view text) {
  return {text.empty() ? std::string(kNone) : text::printable(text)};
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

}  // namespace

Cell number(std::uint64_t value) {
  return {fmt::format("{}", value)};
}

Cell percent(const std::optional<double>& ratio) {
  return {percent_text(ratio), ratio ? shade_of(*ratio) : Shade::kPlain};
}

std::string pool_text(const TopPool& pool) {
  std::string name(catalogue::resource(pool.resource).name);
  if (pool.uid.empty()) return name;
  return name + " " + scope_text(pool.resource, pool.userns, pool.uid);
}

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

}  // namespace kcommons::report
