#include <algorithm>
#include <numeric>

#include "terminal/cells.hpp"
#include "terminal/parts.hpp"

namespace kcommons::terminal {

namespace {

constexpr std::size_t kGap = 2;

// How wide a column is on paper without end.
std::vector<std::size_t> natural_widths(const Scene& scene) {
  std::vector<std::size_t> widths;
  for (const Column& column : scene.columns) widths.push_back(column.heading.size());
  for (const Item& item : scene.items) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], columns_of(item.cells[i].text));
    }
  }
  return widths;
}

// A column that is shown, and how wide.
struct Shown {
  std::size_t column = 0;
  std::size_t width = 0;
};

class Layout final {
 public:
  Layout(const Scene& scene, std::size_t first_column, std::size_t room)
      : scene_(scene), widths_(natural_widths(scene)), room_(room) {
    shrink_names();
    take_numbers(first_column);
  }

  [[nodiscard]] const std::vector<Shown>& shown() const { return shown_; }
  [[nodiscard]] std::size_t first() const { return first_; }

 private:
  [[nodiscard]] std::size_t names_width() const {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < scene_.names; ++i) sum += widths_[i] + (i == 0 ? 0 : kGap);
    return sum;
  }

  // Names give way to the widest number, and, where they are long, to some more of them.
  void shrink_names() {
    constexpr std::size_t kShortest = 4;
    std::size_t numbers = 0;
    const std::size_t some = std::min<std::size_t>(scene_.columns.size() - scene_.names, 4);
    for (std::size_t i = 0; i < some; ++i) numbers += widths_[scene_.names + i] + kGap;
    const std::size_t for_names =
        room_ > numbers + room_ / 3 ? room_ - numbers : std::max<std::size_t>(room_ / 2, 1);
    while (names_width() > for_names) {
      std::size_t widest = scene_.names;
      for (std::size_t i = 0; i < scene_.names; ++i) {
        if (scene_.columns[i].is_number || widths_[i] <= kShortest) continue;
        if (widest == scene_.names || widths_[i] > widths_[widest]) widest = i;
      }
      if (widest == scene_.names) break;
      --widths_[widest];
    }
  }

  // Whole columns alone, from the first one on; further on, where the one that the table is sorted
  // by would not be seen.
  void take_numbers(std::size_t first_column) {
    const std::size_t count = scene_.columns.size() - scene_.names;
    first_ = count == 0 ? 0 : std::min(first_column, count - 1);
    const bool sorted_by_number = scene_.sorted_by >= scene_.names && count > 0;
    take_from(first_);
    // Nobody has scrolled: show what it is sorted by.
    if (!sorted_by_number || first_column > 0) return;
    while (first_ < scene_.sorted_by - scene_.names && !shows(scene_.sorted_by)) {
      take_from(++first_);
    }
  }

  void take_from(std::size_t first) {
    shown_.clear();
    std::size_t taken = 0;
    const auto take = [&](std::size_t column) {
      const std::size_t needed = widths_[column] + (shown_.empty() ? 0 : kGap);
      if (taken + needed > room_) return false;
      taken += needed;
      shown_.push_back({column, widths_[column]});
      return true;
    };
    for (std::size_t i = 0; i < scene_.names; ++i) {
      if (!take(i)) return;
    }
    for (std::size_t i = scene_.names + first; i < scene_.columns.size(); ++i) {
      if (!take(i)) return;
    }
  }

  [[nodiscard]] bool shows(std::size_t column) const {
    return std::ranges::find(shown_, column, &Shown::column) != shown_.end();
  }

  const Scene& scene_;
  std::vector<std::size_t> widths_;
  std::size_t room_;
  std::size_t first_ = 0;
  std::vector<Shown> shown_;
};

std::string aligned(const Column& column, const std::string& text, std::size_t width) {
  return column.is_number ? right_aligned(text, width) : left_aligned(text, width);
}

void fill(Line& line, std::size_t columns, Role role) {
  const std::size_t taken = columns_of(line);
  if (taken < columns) line.push_back({std::string(columns - taken, ' '), role});
}

Line heading(const Scene& scene, const std::vector<Shown>& shown, std::size_t columns) {
  Line line;
  for (const Shown& one : shown) {
    const Column& column = scene.columns[one.column];
    if (!line.empty()) line.push_back({std::string(kGap, ' '), Role::kHeading});
    line.push_back({aligned(column, column.heading, one.width),
                    one.column == scene.sorted_by ? Role::kSorted : Role::kHeading});
  }
  fill(line, columns, Role::kHeading);
  return line;
}

Role role_of(const Scene& scene, const Cell& cell, std::size_t column) {
  if (cell.shade == report::Shade::kWarm) return Role::kWarm;
  if (cell.shade == report::Shade::kFull) return Role::kFull;
  // Noughts say nothing, and there are many.
  if (scene.columns[column].is_amount && cell.text == "0") return Role::kDim;
  return Role::kPlain;
}

Line row(const Scene& scene, const Item& item, const std::vector<Shown>& shown, std::size_t columns,
         bool is_selected) {
  Line line;
  for (const Shown& one : shown) {
    const Cell& cell = item.cells[one.column];
    if (!line.empty()) {
      line.push_back({std::string(kGap, ' '), is_selected ? Role::kSelected : Role::kPlain});
    }
    line.push_back({aligned(scene.columns[one.column], cell.text, one.width),
                    is_selected ? Role::kSelected : role_of(scene, cell, one.column)});
  }
  if (is_selected) fill(line, columns, Role::kSelected);
  return line;
}

}  // namespace

Table paint_table(const Scene& scene, const Place& place, std::size_t columns, std::size_t rows) {
  Table table;
  if (scene.columns.empty() || rows == 0) return table;
  const Layout layout(scene, place.first_column, columns);
  table.first_column = layout.first();
  table.shown_columns = static_cast<std::size_t>(std::ranges::count_if(
      layout.shown(), [&](const Shown& one) { return one.column >= scene.names; }));
  table.lines.push_back(heading(scene, layout.shown(), columns));
  const std::size_t page = rows - 1;
  const std::size_t count = scene.items.size();
  const bool on_bar = scene.selected < scene.bars.size();
  const std::size_t selected = on_bar ? 0 : scene.selected - scene.bars.size();
  // The selected row is in the middle, but at both ends.
  const std::size_t last_first = count > page ? count - page : 0;
  const std::size_t first = std::min(selected > page / 2 ? selected - page / 2 : 0, last_first);
  for (std::size_t i = first; i < std::min(count, first + page); ++i) {
    table.lines.push_back(
        row(scene, scene.items[i], layout.shown(), columns, !on_bar && i == selected));
  }
  return table;
}

}  // namespace kcommons::terminal
