// What there is to choose from at a place: the rows, sorted and filtered, before they are laid out.
// Pure, thread-safe. Text in it is harmless (cells.hpp).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/audit.hpp"
#include "report/table.hpp"
#include "report/top.hpp"
#include "terminal/state.hpp"

namespace kcommons::terminal {

struct Column {
  std::string heading;
  bool is_number = false;
  bool is_amount = false;  // sorted by, the most comes first
};

struct Cell {
  std::string text;
  std::optional<long double> value;  // what a number is sorted by; none comes last
  report::Shade shade = report::Shade::kPlain;
};

struct Item {
  std::string key;  // what it is called at the next look as well
  std::vector<Cell> cells;
  std::size_t source = 0;  // index in what it was made of
};

struct Scene {
  std::vector<std::size_t> bars;  // pools of the audit; of the overview
  std::vector<Column> columns;
  std::size_t names = 0;  // so many columns say who, the rest are of numbers
  std::size_t sorted_by = 0;
  bool most_first = false;
  std::vector<Item> items;
  std::size_t hidden = 0;    // by the filter
  std::size_t selected = 0;  // of bars and items as one list
  bool is_known = false;     // the feed has told of this place
  bool is_gone = false;      // the pool is not there any more

  [[nodiscard]] std::size_t size() const { return bars.size() + items.size(); }
};

Scene scene(const State& state, const Data& data);

// How the next look names the bar or the item at an index of both as one list.
std::string key_at(const Scene& scene, const Data& data, const State& state, std::size_t index);

// Whether a row has the text, in any of its cells and whatever its case.
bool matches(const Item& item, std::string_view text);

// The pool of a name in what was seen last; null where it is not there.
const report::AuditPool* find_pool(const Seen& seen, const PoolName& name);
const report::TopPool* find_top_pool(const Seen& seen, const PoolName& name);
PoolName name_of(const report::AuditPool& pool);

// "inotify_watches uid 0", "open_files".
std::string pool_text(const PoolName& name);

}  // namespace kcommons::terminal
