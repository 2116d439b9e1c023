// The summary of `kcommons top`: how much each holder has of each resource. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "catalogue/catalogue.hpp"
#include "report/top.hpp"

namespace kcommons::report {

// For people who ask for no resource: one row for each holder, one column for each resource whose
// holders are told apart. A column is the sum of all pools of the resource; of namespaces, the
// outermost, in which every charge ends.
struct TopSummary {
  struct Column {
    catalogue::ResourceId resource{};
    std::uint64_t cut = 0;  // of the rows that are not shown
    std::int64_t unattributed = 0;
    std::optional<std::uint64_t> used;      // empty: not known of all pools
    std::optional<catalogue::Limit> limit;  // of each pool; empty where they differ or are unknown
    std::optional<double> fullest;          // the fullest pool, as a fraction of its limit
  };
  struct Row {
    std::uint32_t who = 0;  // index in Top::who
    std::vector<std::uint64_t> used;
  };
  std::vector<Column> columns;  // those that people ask for first
  std::vector<Row> rows;
  std::size_t rows_cut = 0;
};

// Sorted by the column of `resource`, without one by the first column; or by name. 0 keeps all
// rows.
TopSummary summarize(Top& top, std::optional<catalogue::ResourceId> resource, bool by_name,
                     std::size_t most);

}  // namespace kcommons::report
