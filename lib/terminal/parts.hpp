// The parts of a painted screen. Internal to lib/terminal.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "terminal/frame.hpp"
#include "terminal/scene.hpp"
#include "terminal/state.hpp"

namespace kcommons::terminal {

using Lines = std::vector<Line>;

// What is shown, on the left, and how old it is, on the right.
Line title(const State& state, const Data& data);
// How many rows there are, and in which order.
std::string status(const State& state, const Scene& scene, const struct Table& table);
// The keys, or what is typed: then with the column of the cursor.
Line last_line(const State& state, std::optional<std::size_t>& cursor);

// The fullest pools of the overview; side by side where there is room.
Lines paint_bars(const Scene& scene, const Seen& seen, const Size& size);

// What is to be known of one pool: how full it is, when it will be, who fails next, with which
// error, what to do. At most so many lines.
Lines paint_pool(const Seen& seen, const PoolName& name, std::size_t columns, std::size_t most);

struct Table {
  Lines lines;                    // the heading, then as many rows as fit
  std::size_t first_column = 0;   // of those that are no names: the first that is shown,
  std::size_t shown_columns = 0;  // and how many are
};
Table paint_table(const Scene& scene, const Place& place, std::size_t columns, std::size_t rows);

Lines help_lines();

// A line of a label and text beside it, on further lines where it is long.
Lines labelled(const std::string& label, const std::string& text, std::size_t columns,
               std::size_t most);

}  // namespace kcommons::terminal
