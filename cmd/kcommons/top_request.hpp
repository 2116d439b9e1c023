// What `kcommons top` is asked for: the flags as they are given, and what they mean.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "catalogue/catalogue.hpp"
#include "report/top.hpp"

namespace kcommons::cmd {

// How it is printed.
enum class TopOutput : std::uint8_t { kTable, kWide, kJson, kCsv };

// As given.
struct TopFlags {
  std::vector<std::string> resources;
  std::string by = "container";
  std::string sort = "used";
  std::string output = "table";
  std::string limit = "0";
  std::string interval = "2s";
  std::optional<std::string> from;  // a daemon's URL; empty: this host
  bool no_headers = false;
  bool once = false;
};

// As meant.
struct TopRequest {
  report::TopQuery query;
  std::optional<catalogue::ResourceId> sort_column;  // of the summary
  TopOutput output = TopOutput::kTable;
  std::size_t limit = 0;  // 0: all
  bool headings = true;
  bool live = false;
  std::chrono::milliseconds interval{};

  // Without a resource, a table has a column for each of them.
  [[nodiscard]] bool is_summary() const {
    return query.resources.empty() && (output == TopOutput::kTable || output == TopOutput::kWide);
  }
};

// The error names the flag, and what it expects. Whether it is to be live depends on what standard
// input and output are.
Result<TopRequest> request_of(const TopFlags& flags);

}  // namespace kcommons::cmd
