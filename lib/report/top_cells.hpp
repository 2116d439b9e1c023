// Cells that the tables of `kcommons top` share. Internal to lib/report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/table.hpp"
#include "report/top.hpp"
#include "report/top_table.hpp"

namespace kcommons::report {

using Cells = std::vector<Cell>;

Cell number(std::uint64_t value);
// "94.5%" in the shade of its height, "-" where there is none.
Cell percent(const std::optional<double>& ratio);

// "open_files", "inotify_watches uid 0".
std::string pool_text(const TopPool& pool);

// The columns that say who, and what stands in them.
std::vector<Table::Column> who_columns(attribution::By by, Detail detail);
Cells who_cells(const TopWho& who, attribution::By by, Detail detail);

}  // namespace kcommons::report
