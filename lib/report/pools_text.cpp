#include "report/pools_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "report/format.hpp"

namespace kcommons::report {

namespace {

constexpr std::size_t kLine = 80;
constexpr std::size_t kScope = 14;     // "uid 4294967295" fits
constexpr std::size_t kLeastName = 4;  // what a name keeps when numbers are too long
constexpr std::string_view kGap = "  ";

// All columns but the last, which is cut to what they leave.
using Cells = std::array<std::string, 5>;
constexpr std::array<bool, 5> kIsNumber{false, true, true, true, false};

Cells cells_of(const PoolRow& row) {
  return {std::string(catalogue::resource(row.resource).unit), used_text(row), limit_text(row),
          use_text(row), cut_middle(scope_text(row), kScope)};
}

std::string top_text(const PoolRow& row, std::size_t room) {
  if (!row.top) return "-";
  const std::string used = fmt::format(" ({})", row.top->used);
  const std::size_t left = room > used.size() ? room - used.size() : 0;
  return cut_middle(row.top->name, std::max(left, kLeastName)) + used;
}

std::string padded(std::string_view cell, std::size_t columns, bool to_the_right) {
  const std::string spaces(columns - std::min(columns, width(cell)), ' ');
  return to_the_right ? spaces + std::string(cell) : std::string(cell) + spaces;
}

}  // namespace

std::string pools_text(const std::vector<PoolRow>& rows) {
  std::vector<Cells> table{{"RESOURCE", "USED", "LIMIT", "USE%", "SCOPE"}};
  std::ranges::transform(rows, std::back_inserter(table), cells_of);

  std::array<std::size_t, 5> columns{};
  std::size_t taken = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (const Cells& cells : table) columns[i] = std::max(columns[i], width(cells[i]));
    taken += columns[i] + kGap.size();
  }
  const std::size_t room = taken < kLine ? kLine - taken : 0;

  std::string out;
  for (std::size_t line = 0; line < table.size(); ++line) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      out += padded(table[line][i], columns[i], kIsNumber[i]);
      out += kGap;
    }
    out += line == 0 ? "TOP HOLDER" : top_text(rows[line - 1], room);
    out += '\n';
  }
  return out;
}

}  // namespace kcommons::report
