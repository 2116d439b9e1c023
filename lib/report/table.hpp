// An aligned table of plain text. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace kcommons::report {

// What a table is written on.
struct Paper {
  std::size_t columns = 0;  // of a terminal, in which lines are to fit; 0: no bound, nothing is cut
  bool colour = false;      // escape codes of a terminal are understood
  bool headings = true;
};

enum class Shade : std::uint8_t { kPlain, kWarm, kFull, kHeading };

// From 0.7 and from 0.9 on, as on the page.
Shade shade_of(double ratio);

struct Cell {
  std::string text;  // printable
  Shade shade = Shade::kPlain;
};

class Table final {
 public:
  struct Column {
    std::string heading;
    bool is_number = false;  // aligned to the right, and never cut
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns.
  void add(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  // Each line ends in a newline, without blanks before it. Where lines are too long for the
  // paper, the longest texts lose their middle first; numbers alone may be too wide for it.
  [[nodiscard]] std::string text(const Paper& paper) const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths(const Paper& paper) const;
  [[nodiscard]] std::string line(const std::vector<Cell>& cells,
                                 const std::vector<std::size_t>& columns, bool colour) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace kcommons::report
