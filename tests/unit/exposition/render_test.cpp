#include "exposition/render.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "exposition/self_metrics.hpp"
#include "exposition_checker.hpp"
#include "sample_snapshot.hpp"

using namespace kcommons;
using namespace kcommons::exposition;
using attribution::Snapshot;
using kcommons::testing::check_exposition;
using kcommons::testing::ExposedSample;
using kcommons::testing::hostile_snapshot;
using kcommons::testing::parse_exposition;
using kcommons::testing::plain_pools;
using kcommons::testing::plain_snapshot;

namespace {

std::vector<ExposedSample> samples_of(const std::string& text, const std::string& name) {
  std::vector<ExposedSample> found;
  for (auto& sample : parse_exposition(text).samples) {
    if (sample.name == name) found.push_back(sample);
  }
  return found;
}

double only_value(const std::string& text, const std::string& name) {
  const auto found = samples_of(text, name);
  REQUIRE(found.size() == 1);
  return found[0].value;
}

// Compares with a file of tests/fixtures/exposition. With KCOMMONS_BLESS set, writes the file
// instead; the difference is then for the eye and for review.
void check_golden(const std::string& file, const std::string& text) {
  const std::string path = std::string(KCOMMONS_FIXTURES) + "/exposition/" + file;
  if (std::getenv("KCOMMONS_BLESS") != nullptr) std::ofstream(path) << text;
  std::ifstream stream(path);
  const std::string golden((std::istreambuf_iterator<char>(stream)),
                           std::istreambuf_iterator<char>());
  CAPTURE(path);
  CHECK(text == golden);
}

std::string full_text(const Snapshot& snapshot) {
  SelfMetrics self;
  self.set_build("0.1.0", "abc", "gcc 12");
  self.set_source("procfs", "asked for");
  self.pass_done(Pass::kHoldings, true, {}, {}, WallTime(std::chrono::seconds(1732500000)));
  self.set_process({.cpu_seconds = 1, .open_fds = 2});
  return self.render() + render_pools(plain_pools()) + render_holdings(snapshot);
}

}  // namespace

TEST_CASE("the text of an ordinary host is the golden one", "[exposition]") {
  check_golden("pools.txt", render_pools(plain_pools()));
  check_golden("holdings.txt", render_holdings(plain_snapshot()));
}

TEST_CASE("drops have a series for each CPU and for whoever owns a network", "[exposition]") {
  const std::string text = render_holdings(plain_snapshot());
  const auto cpus = samples_of(text, "kcommons_softnet_dropped_total");
  REQUIRE(cpus.size() == 2);
  CHECK(cpus[0].value == 4294967297.0);
  CHECK(only_value(text, "kcommons_container_receive_dropped_total") == 20002);
  CHECK(only_value(text, "kcommons_host_receive_dropped_total") == 0);
}

TEST_CASE("hostile names cannot break the text and the golden one shows how", "[exposition]") {
  const std::string text = render_holdings(hostile_snapshot());
  check_golden("holdings_hostile.txt", text);
  CHECK(check_exposition(text) == std::vector<std::string>{});
  const auto infos = samples_of(text, "kcommons_container_info");
  const auto web = std::find_if(infos.begin(), infos.end(), [](const ExposedSample& info) {
    return info.label("container_id") == "aaaa";
  });
  REQUIRE(web != infos.end());
  CHECK(web->label("container") == "a\"} 1\nkcommons_container_used{x=\"y");
  CHECK(web->label("pod") == "back\\slash\\");
  CHECK(web->label("namespace") == "<script>alert('x')</script>");
}

TEST_CASE("labels of containers are copied where they have them, under safe names",
          "[exposition]") {
  Snapshot snapshot = plain_snapshot();
  snapshot.copied_labels = {"com.example/team", "tier"};
  REQUIRE(snapshot.holders.front().container_id == "aaaa");
  snapshot.holders.front().labels = {{"com.example/team", "a\nb\xff"}, {"other", "x"}};
  const std::string text = render_holdings(snapshot);
  CHECK(check_exposition(text) == std::vector<std::string>{});
  for (const ExposedSample& info : samples_of(text, "kcommons_container_info")) {
    const bool has_it = info.label("container_id") == "aaaa";
    CHECK(info.label("label_com_example_team") == (has_it ? "a\nb\uFFFD" : ""));
    CHECK(info.label("label_tier").empty());
    CHECK(info.label("label_other").empty());
  }
}

TEST_CASE("everything rendered passes the strict checker", "[exposition]") {
  CHECK(check_exposition(full_text(plain_snapshot())) == std::vector<std::string>{});
  CHECK(check_exposition(full_text(hostile_snapshot())) == std::vector<std::string>{});
  CHECK(check_exposition(full_text({})) == std::vector<std::string>{});
}

TEST_CASE("holders whose labels become the same are merged by what the metric means",
          "[exposition]") {
  const std::string text = render_holdings(hostile_snapshot());
  const auto twins = [&](const std::string& name) {
    std::vector<double> values;
    for (const auto& sample : samples_of(text, name)) {
      if (sample.label("container") == "twin") values.push_back(sample.value);
    }
    return values;
  };
  using Values = std::vector<double>;
  CHECK(twins("kcommons_container_used") == Values{111});
  CHECK(twins("kcommons_container_processes") == Values{4});
  CHECK(twins("kcommons_container_descriptors") == Values{6});
  CHECK(twins("kcommons_container_descriptor_limit_ratio") == Values{0.75});
  CHECK(twins("kcommons_container_info") == Values{1});
  CHECK(twins("kcommons_container_neighbour") == Values{1});
}

TEST_CASE("a container that is gone is gone from the text", "[exposition]") {
  Snapshot snapshot = plain_snapshot();
  CHECK(render_holdings(snapshot).find("container_id=\"aaaa\"") != std::string::npos);
  snapshot.holders.erase(snapshot.holders.begin());
  for (auto& pool : snapshot.pools) {
    std::erase_if(pool.holdings, [](const auto& holding) { return holding.holder == 0; });
    std::erase(pool.neighbours, 0U);
    for (auto& holding : pool.holdings) --holding.holder;
    for (auto& neighbour : pool.neighbours) --neighbour;
  }
  const std::string text = render_holdings(snapshot);
  CHECK(text.find("container_id=\"aaaa\"") == std::string::npos);
  CHECK(text.find("container_id=\"bbbb\"") != std::string::npos);
}

TEST_CASE("no limit is infinite and what was not read has no sample", "[exposition]") {
  const std::string text = render_pools(plain_pools());
  CHECK(text.find("kcommons_pool_limit{resource=\"open_files\",userns=\"\",uid=\"\"} +Inf\n") !=
        std::string::npos);
  for (const auto& sample : samples_of(text, "kcommons_pool_used")) {
    CHECK(sample.label("userns") != "4026532201");  // its use was not read
  }
  for (const auto& sample : samples_of(text, "kcommons_pool_limit")) {
    CHECK(sample.label("uid") != "2000");  // its limit was not read
  }
  CHECK(samples_of(text, "kcommons_pool_used").size() == 4);
  CHECK(samples_of(text, "kcommons_pool_limit").size() == 4);
}

TEST_CASE("a use above the limit is shown as it is", "[exposition]") {
  const std::string text = render_pools(
      {{catalogue::ResourceId::kOpenFiles, "", "", 129024, kcommons::testing::limit_of(65536)}});
  CHECK(only_value(text, "kcommons_pool_used") == 129024);
  CHECK(only_value(text, "kcommons_pool_limit") == 65536);
}

TEST_CASE("pools with the same labels are summed and keep the largest limit", "[exposition]") {
  const auto limit = [](std::uint64_t value) { return kcommons::testing::limit_of(value); };
  const auto id = catalogue::ResourceId::kInotifyWatches;
  const std::string text = render_pools({{id, "_other", "_other", 3, limit(10)},
                                         {id, "_other", "_other", 4, limit(20)},
                                         {id, "_other", "_other", std::nullopt, limit(5)}});
  CHECK(only_value(text, "kcommons_pool_used") == 7);
  CHECK(only_value(text, "kcommons_pool_limit") == 20);
}

TEST_CASE("neighbours are named only where the pool is fuller than asked", "[exposition]") {
  Snapshot snapshot = plain_snapshot();
  snapshot.pools[1].used_at_census = 64;  // of 128: not above one half
  std::string text = render_holdings(snapshot);
  auto named = samples_of(text, "kcommons_container_neighbour");
  REQUIRE(named.size() == 1);
  CHECK(named[0].label("resource") == "inotify_watches");
  CHECK(named[0].label("container_id") == "bbbb");
  CHECK(samples_of(text, "kcommons_host_neighbour").size() == 1);
  CHECK(samples_of(text, "kcommons_pool_neighbours").size() == 6);
  snapshot.pools[1].used_at_census = 65;
  text = render_holdings(snapshot);
  CHECK(samples_of(text, "kcommons_container_neighbour").size() == 2);
  CHECK(samples_of(text, "kcommons_host_neighbour").size() == 2);
}

TEST_CASE("neighbours are counted by kind with those that were cut and with zeros",
          "[exposition]") {
  Snapshot snapshot = plain_snapshot();
  snapshot.pools[2].container_neighbours = 1200;
  snapshot.pools[2].host_neighbours = 0;
  std::vector<std::string> counted;
  for (const auto& sample : samples_of(render_holdings(snapshot), "kcommons_pool_neighbours")) {
    if (sample.label("resource") != "inotify_watches") continue;
    counted.push_back(sample.label("kind") + " " + std::to_string(static_cast<int>(sample.value)));
  }
  CHECK(counted == std::vector<std::string>{"container 1200", "host 0"});
}

TEST_CASE("a pool whose use could not be read has no use and names no neighbours", "[exposition]") {
  Snapshot snapshot = plain_snapshot();
  snapshot.pools[2].used_at_census.reset();
  const std::string text = render_holdings(snapshot);
  CHECK(samples_of(text, "kcommons_pool_used_at_census").size() == 2);
  CHECK(samples_of(text, "kcommons_container_neighbour").empty());
  CHECK(samples_of(text, "kcommons_container_used").size() == 4);
}

TEST_CASE("accuracy is that of the resource with the source of the snapshot", "[exposition]") {
  Snapshot snapshot = plain_snapshot();
  for (const bool exact : {false, true}) {
    snapshot.exact = exact;
    const auto infos = samples_of(render_holdings(snapshot), "kcommons_resource_info");
    CHECK(infos.size() == catalogue::kResourceCount);
    for (const auto& info : infos) {
      const auto id = catalogue::find_resource(info.label("resource"));
      REQUIRE(id);
      const catalogue::Resource& row = catalogue::resource(*id);
      CHECK(info.label("accuracy") == name_of(exact ? row.bpf : row.procfs));
    }
  }
}

TEST_CASE("a snapshot of nothing still says what it saw", "[exposition]") {
  const std::string text = render_holdings({});
  CHECK(check_exposition(text).empty());
  CHECK(only_value(text, "kcommons_containers") == 0);
  CHECK(only_value(text, "kcommons_processes") == 0);
  CHECK(samples_of(text, "kcommons_processes_unseen").size() == census::kUnseenCount);
  CHECK(text.find("kcommons_container_used") == std::string::npos);
  CHECK(render_pools({}).empty());
}

TEST_CASE("series are sorted by their labels within each family", "[exposition]") {
  std::string previous_name;
  std::string previous;
  const std::string text = render_holdings(hostile_snapshot());
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    const std::string line = text.substr(start, end - start);
    start = end + 1;
    if (line.front() == '#') continue;
    const std::string name = line.substr(0, line.find_first_of("{ "));
    const std::string labels = line.substr(0, line.rfind(' '));
    if (name == previous_name) CHECK(previous < labels);
    previous_name = name;
    previous = labels;
  }
}

TEST_CASE("a thousand containers are all rendered", "[exposition]") {
  Snapshot snapshot;
  attribution::Pool files;
  files.used_at_census = 1;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    auto holder = kcommons::testing::container(std::to_string(i), "web");
    holder.workload.processes = 1;
    holder.workload.by_type.emplace().fill(1);
    snapshot.holders.push_back(holder);
    files.holdings.push_back({i, cgroup::Role::kWorkload, i});
  }
  snapshot.pools = {files};
  const std::string text = render_holdings(snapshot);
  CHECK(check_exposition(text).empty());
  CHECK(samples_of(text, "kcommons_container_used").size() == 1000);
  CHECK(samples_of(text, "kcommons_container_info").size() == 1000);
  CHECK(samples_of(text, "kcommons_container_descriptors").size() == 1000 * procfs::kFdTypeCount);
}

TEST_CASE("promtool finds nothing to mend", "[exposition][promtool]") {
  constexpr const char* kPromtool = "/usr/bin/promtool";
  if (::access(kPromtool, X_OK) != 0) {
    WARN("skipped: " << kPromtool << " is not installed");
    return;
  }
  const Snapshot snapshot = GENERATE(plain_snapshot(), hostile_snapshot(), Snapshot{});
  std::string path = "/tmp/kcommons-exposition-XXXXXX";
  const int fd = ::mkstemp(path.data());
  REQUIRE(fd >= 0);
  ::close(fd);
  std::ofstream(path) << full_text(snapshot);
  FILE* const promtool =
      ::popen((std::string(kPromtool) + " check metrics < " + path + " 2>&1").c_str(), "r");
  REQUIRE(promtool != nullptr);
  std::string output;
  std::array<char, 512> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), promtool) != nullptr) output += buffer.data();
  const int status = ::pclose(promtool);
  ::unlink(path.c_str());
  CHECK(output.empty());
  CHECK(status == 0);
}
