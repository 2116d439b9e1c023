#include "exposition/metric_table.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "exposition/render.hpp"
#include "exposition/self_metrics.hpp"
#include "exposition_checker.hpp"
#include "sample_snapshot.hpp"

using namespace kcommons;
using namespace kcommons::exposition;

namespace {

std::string everything() {
  SelfMetrics self;
  self.set_build("0.1.0", "abc", "gcc 12");
  self.set_source("procfs", "asked for");
  self.set_process({.cpu_seconds = 1,
                    .open_fds = 2,
                    .max_fds = 3,
                    .virtual_memory_bytes = 4,
                    .virtual_memory_max_bytes = 5,
                    .resident_memory_bytes = 6,
                    .start_time_seconds = 7,
                    .threads = 8});
  self.pass_done(Pass::kPools, true, {}, {}, {});
  self.count_costs(Pass::kPools, {{.reader = "key-users", .cpu = {}}});
  self.set_identity_failures("docker", 1);
  self.set_identity_wait({});
  self.set_reserve("connections", 0);
  self.set_open_incidents(0);
  self.config_read(true, {});
  return self.render() + render_pools(kcommons::testing::plain_pools()) +
         render_holdings(kcommons::testing::plain_snapshot());
}

}  // namespace

TEST_CASE("every metric of the table is rendered with its labels and in its order",
          "[exposition]") {
  const auto parsed = kcommons::testing::parse_exposition(everything());
  CHECK(parsed.violations == std::vector<std::string>{});
  std::vector<std::string> names;
  for (const auto& sample : parsed.samples) {
    if (names.empty() || names.back() != sample.name) names.push_back(sample.name);
    const auto row = std::find_if(kMetrics.begin(), kMetrics.end(), [&](const Metric& candidate) {
      return candidate.name == sample.name;
    });
    REQUIRE(row != kMetrics.end());
    std::vector<std::string_view> labels;
    for (const auto& label : sample.labels) labels.emplace_back(label.first);
    CAPTURE(sample.name);
    CHECK(std::equal(labels.begin(), labels.end(), row->labels.begin(), row->labels.end()));
  }
  std::vector<std::string> expected;
  for (const Metric& row : kMetrics) expected.emplace_back(row.name);
  CHECK(names == expected);
}

TEST_CASE("the table in markdown has one line of four cells for each metric", "[exposition]") {
  const std::string table = metrics_markdown();
  REQUIRE(table.ends_with('\n'));
  const auto lines = text::split(std::string_view(table).substr(0, table.size() - 1), '\n');
  REQUIRE(lines.size() == kMetrics.size() + 2);
  CHECK(lines[0] == "| metric | type | labels | meaning |");
  for (const std::string_view line : lines) {
    CAPTURE(line);
    CHECK(std::count(line.begin(), line.end(), '|') == 5);
    CHECK(line.find("  ") == std::string_view::npos);
  }
  const auto limit_row = std::find_if(lines.begin(), lines.end(), [](std::string_view line) {
    return line.starts_with("| `kcommons_pool_limit` | gauge | `resource`, `userns`, `uid` | ");
  });
  CHECK(limit_row != lines.end());
  const auto plain_row = std::find_if(lines.begin(), lines.end(), [](std::string_view line) {
    return line.starts_with("| `process_cpu_seconds_total` | counter | | ");
  });
  CHECK(plain_row != lines.end());
}

TEST_CASE("container series carry the five container labels in their order", "[exposition]") {
  const std::vector<std::string_view> five = {"container_id", "runtime", "container", "pod",
                                              "namespace"};
  CHECK(std::equal(five.begin(), five.end(), labels::kContainer.begin(), labels::kContainer.end()));
  std::set<std::string_view> container_metrics;
  for (const Metric& row : kMetrics) {
    if (std::search(row.labels.begin(), row.labels.end(), five.begin(), five.end()) !=
        row.labels.end()) {
      container_metrics.insert(row.name);
    }
  }
  CHECK(container_metrics ==
        std::set<std::string_view>{"kcommons_container_neighbour", "kcommons_container_used",
                                   "kcommons_container_descriptors", "kcommons_container_processes",
                                   "kcommons_container_descriptor_limit_ratio",
                                   "kcommons_container_receive_dropped_total",
                                   "kcommons_container_info"});
}
