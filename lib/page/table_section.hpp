// The table of those who hold something: containers, units of the host or users, by pages. Pure,
// thread-safe.
#pragma once

#include <cstddef>
#include <string>

#include "attribution/snapshot.hpp"
#include "page/view.hpp"

namespace kcommons::page {

inline constexpr std::size_t kRowsOnPage = 50;

std::string table_section(const attribution::Snapshot& snapshot, const View& view);

// Which page of how many is shown, and which rows are on it. One beyond the last is the last: a
// table may have become shorter since a bookmark was made.
struct Slice {
  std::size_t page = 1;
  std::size_t pages = 1;
  std::size_t first = 0;
  std::size_t last = 0;  // behind the last row
};
Slice slice_of(std::size_t rows, std::size_t on_page, std::size_t page);

}  // namespace kcommons::page
