// What containers, units or users hold, a row each, filtered and sorted as a view asks. Pure,
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attribution/snapshot.hpp"
#include "page/view.hpp"

namespace kcommons::page {

struct UseRow {
  std::string name;    // printable on one line, not escaped
  std::string detail;  // "docker, nginx:1.25": the same; may be empty
  std::string link;    // fit for an attribute; empty where there is no page
  std::uint64_t open_files = 0;
  std::uint64_t inotify_instances = 0;
  std::uint64_t inotify_watches = 0;
  std::uint64_t descriptors = 0;
  std::uint64_t processes = 0;
  std::uint64_t threads = 0;
  // The largest part of a limit that it has, and the pool that it has it of.
  std::optional<double> share;
  std::optional<std::size_t> share_pool;  // index in Snapshot::pools
};

struct UseRows {
  std::vector<UseRow> rows;  // those that the filter leaves
  std::size_t all = 0;       // with those that it does not
};

UseRows use_rows(const attribution::Snapshot& snapshot, const View& view);

// Of a row, the number in a column; 0 for the name.
std::uint64_t number_in(const UseRow& row, Column column);

}  // namespace kcommons::page
