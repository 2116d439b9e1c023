#include "report/table.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "report/format.hpp"

namespace kcommons::report {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastText = 4;

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kReset = "\x1b[0m";

std::string_view colour_of(Shade shade) {
  switch (shade) {
    case Shade::kPlain:
      break;
    case Shade::kWarm:
      return kYellow;
    case Shade::kFull:
      return kRed;
    case Shade::kHeading:
      return kBold;
  }
  return {};
}

std::string shaded(std::string text, Shade shade) {
  const std::string_view colour = colour_of(shade);
  if (colour.empty()) return text;
  return std::string(colour) + text + std::string(kReset);
}

}  // namespace

Shade shade_of(double ratio) {
  constexpr double kWarmFrom = 0.7;
  constexpr double kFullFrom = 0.9;
  if (ratio >= kFullFrom) return Shade::kFull;
  return ratio >= kWarmFrom ? Shade::kWarm : Shade::kPlain;
}

std::vector<std::size_t> Table::widths(const Paper& paper) const {
  std::vector<std::size_t> columns(columns_.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (paper.headings) columns[i] = columns_[i].heading.size();
    for (const auto& row : rows_) columns[i] = std::max(columns[i], width(row[i].text));
  }
  if (paper.columns == 0 || columns.empty()) return columns;
  std::size_t line = std::accumulate(columns.begin(), columns.end(), kGap * (columns.size() - 1));
  while (line > paper.columns) {
    std::size_t* longest = nullptr;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns_[i].is_number || columns[i] <= kLeastText) continue;
      if (longest == nullptr || columns[i] > *longest) longest = &columns[i];
    }
    if (longest == nullptr) break;
    --*longest;
    --line;
  }
  return columns;
}

std::string Table::line(const std::vector<Cell>& cells, const std::vector<std::size_t>& columns,
                        bool colour) const {
  std::string out;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool is_number = columns_[i].is_number;
    const bool is_last = i + 1 == columns.size();
    const std::string text = is_number ? cells[i].text : cut_middle(cells[i].text, columns[i]);
    const std::string blanks(columns[i] - std::min(columns[i], width(text)), ' ');
    if (is_number) out += blanks;
    out += colour ? shaded(text, cells[i].shade) : text;
    if (!is_number && !is_last) out += blanks;
    if (!is_last) out.append(kGap, ' ');
  }
  return out + '\n';
}

std::string Table::text(const Paper& paper) const {
  const std::vector<std::size_t> columns = widths(paper);
  std::string out;
  if (paper.headings) {
    std::vector<Cell> headings;
    for (const Column& column : columns_) headings.push_back({column.heading, Shade::kHeading});
    out += line(headings, columns, paper.colour);
  }
  for (const auto& row : rows_) out += line(row, columns, paper.colour);
  return out;
}

}  // namespace kcommons::report
