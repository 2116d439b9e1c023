#include "exposition/self_metrics.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "exposition_checker.hpp"

using namespace kcommons;
using namespace kcommons::exposition;
using kcommons::testing::Exposition;
using kcommons::testing::parse_exposition;
using std::chrono::milliseconds;

namespace {

// The value of the one sample with that name and those values of kind and reason.
std::optional<double> value_of(const SelfMetrics& self, const std::string& name,
                               const std::string& kind = "", const std::string& reason = "") {
  for (const auto& sample : parse_exposition(self.render()).samples) {
    if (sample.name == name && sample.label("kind") == kind && sample.label("reason") == reason) {
      return sample.value;
    }
  }
  return std::nullopt;
}

WallTime at(int milliseconds_since_epoch) {
  return WallTime(milliseconds(milliseconds_since_epoch));
}

}  // namespace

TEST_CASE("counters of a closed set start at zero and nothing else is made up", "[exposition]") {
  const SelfMetrics self;
  const Exposition parsed = parse_exposition(self.render());
  CHECK(parsed.violations.empty());
  std::set<std::string> reasons;
  std::set<std::string> names;
  std::size_t resources = 0;
  for (const auto& sample : parsed.samples) {
    CHECK(sample.value == 0);
    names.insert(sample.name);
    if (sample.name == "kcommons_incidents_total") ++resources;
    if (sample.name == "kcommons_census_failures_total") {
      reasons.insert(sample.label("kind") + " " + sample.label("reason"));
    }
  }
  CHECK(names == std::set<std::string>{"kcommons_census_total", "kcommons_census_cpu_seconds_total",
                                       "kcommons_census_failures_total",
                                       "kcommons_incidents_total"});
  CHECK(resources == catalogue::kResourceCount);
  CHECK(reasons == std::set<std::string>{"holdings denied", "holdings exhausted", "holdings gone",
                                         "holdings malformed", "holdings other", "pools denied",
                                         "pools exhausted", "pools gone", "pools malformed",
                                         "pools other"});
}

TEST_CASE("incidents are counted by resource", "[exposition]") {
  SelfMetrics self;
  self.count_incident("keys");
  self.count_incident("keys");
  self.set_open_incidents(1);
  std::set<std::string> counted;
  for (const auto& sample : parse_exposition(self.render()).samples) {
    if (sample.name != "kcommons_incidents_total" || sample.value == 0) continue;
    counted.insert(sample.label("resource"));
    CHECK(sample.value == 2);
  }
  CHECK(counted == std::set<std::string>{"keys"});
  CHECK(value_of(self, "kcommons_incidents_open") == 1);
}

TEST_CASE("a pass that failed is counted and leaves the timestamp alone", "[exposition]") {
  SelfMetrics self;
  self.pass_done(Pass::kHoldings, false, milliseconds(5), milliseconds(3), at(1000));
  CHECK(value_of(self, "kcommons_census_success", "holdings") == 0);
  CHECK_FALSE(value_of(self, "kcommons_snapshot_timestamp_seconds", "holdings"));
  self.pass_done(Pass::kHoldings, true, milliseconds(250), milliseconds(125), at(2500));
  CHECK(value_of(self, "kcommons_census_success", "holdings") == 1);
  CHECK(value_of(self, "kcommons_census_duration_seconds", "holdings") == 0.25);
  CHECK(value_of(self, "kcommons_snapshot_timestamp_seconds", "holdings") == 2.5);
  self.pass_done(Pass::kHoldings, false, milliseconds(125), milliseconds(0), at(4000));
  CHECK(value_of(self, "kcommons_census_success", "holdings") == 0);
  CHECK(value_of(self, "kcommons_census_duration_seconds", "holdings") == 0.125);
  CHECK(value_of(self, "kcommons_snapshot_timestamp_seconds", "holdings") == 2.5);
  CHECK(value_of(self, "kcommons_census_total", "holdings") == 3);
  CHECK(value_of(self, "kcommons_census_cpu_seconds_total", "holdings").value() == Approx(0.128));
  CHECK(value_of(self, "kcommons_census_total", "pools") == 0);
  CHECK_FALSE(value_of(self, "kcommons_census_success", "pools"));
}

TEST_CASE("failed reads add up by pass and reason", "[exposition]") {
  SelfMetrics self;
  census::Failures failures;
  failures.count(Error::from_errno(EACCES, "open a"));
  failures.count(Error::from_errno(EACCES, "open b"));
  failures.count(Error::malformed("parse c", "?"));
  self.count_failures(Pass::kPools, failures.by_kind);
  self.count_failures(Pass::kPools, failures.by_kind);
  CHECK(value_of(self, "kcommons_census_failures_total", "pools", "denied") == 4);
  CHECK(value_of(self, "kcommons_census_failures_total", "pools", "malformed") == 2);
  CHECK(value_of(self, "kcommons_census_failures_total", "pools", "other") == 0);
  CHECK(value_of(self, "kcommons_census_failures_total", "holdings", "denied") == 0);
}

TEST_CASE("what readers cost adds up by pass and reader", "[exposition]") {
  SelfMetrics self;
  const auto cost = [&](const std::string& kind, const std::string& reader) {
    double sum = 0;
    for (const auto& sample : parse_exposition(self.render()).samples) {
      if (sample.name != "kcommons_reader_cpu_seconds_total") continue;
      if (sample.label("kind") == kind && sample.label("reader") == reader) sum += sample.value;
    }
    return sum;
  };
  const milliseconds once(125);
  self.count_costs(Pass::kPools, {{.reader = "sys/fs/file-nr", .cpu = once}});
  self.count_costs(Pass::kPools,
                   {{.reader = "sys/fs/file-nr", .cpu = once}, {.reader = "key-users", .cpu = {}}});
  self.count_costs(Pass::kHoldings, {{.reader = "bpf/holdings", .cpu = milliseconds(500)}});
  CHECK(cost("pools", "sys/fs/file-nr") == 0.25);
  CHECK(cost("pools", "key-users") == 0);
  CHECK(cost("pools", "bpf/holdings") == 0);
  CHECK(cost("holdings", "bpf/holdings") == 0.5);
}

TEST_CASE("failed reads of names are what was counted elsewhere and never fall", "[exposition]") {
  SelfMetrics self;
  const auto of = [&](const std::string& source) {
    const std::string text = self.render();
    const std::string line = "kcommons_identity_failures_total{source=\"" + source + "\"} ";
    const auto at = text.find(line);
    return at == std::string::npos ? std::string() : text.substr(at + line.size(), 1);
  };
  CHECK(of("docker").empty());
  self.set_identity_failures("docker", 3);
  self.set_identity_failures("podman", 0);
  self.set_identity_failures("docker", 5);
  self.set_identity_failures("docker", 4);
  CHECK(of("docker") == "5");
  CHECK(of("podman") == "0");
}

TEST_CASE("source and build have one series each whatever was set before", "[exposition]") {
  SelfMetrics self;
  self.set_build("0.1.0", "abc", "gcc \"12\"\n");
  self.set_source("bpf", "");
  self.set_source("procfs", "no BTF");
  self.set_source("procfs", "no BTF");
  const Exposition parsed = parse_exposition(self.render());
  CHECK(parsed.violations.empty());
  std::vector<std::string> infos;
  for (const auto& sample : parsed.samples) {
    if (!sample.name.ends_with("_info")) continue;
    CHECK(sample.value == 1);
    infos.push_back(sample.name + ":" + sample.labels.at(0).second + ":" +
                    sample.labels.at(1).second);
  }
  CHECK(infos == std::vector<std::string>{"kcommons_build_info:0.1.0:abc",
                                          "kcommons_source_info:procfs:no BTF"});
}

TEST_CASE("what is not known of the process has no series", "[exposition]") {
  SelfMetrics self;
  self.set_process({.cpu_seconds = 2.5,
                    .open_fds = 10,
                    .max_fds = 1024,
                    .virtual_memory_bytes = std::nullopt,
                    .virtual_memory_max_bytes = std::nullopt,
                    .resident_memory_bytes = 4096,
                    .start_time_seconds = 1732500000.25,
                    .threads = 5});
  CHECK(value_of(self, "process_cpu_seconds_total") == 2.5);
  CHECK(value_of(self, "process_open_fds") == 10);
  CHECK(value_of(self, "process_max_fds") == 1024);
  CHECK(value_of(self, "process_resident_memory_bytes") == 4096);
  CHECK(value_of(self, "process_start_time_seconds") == 1732500000.25);
  CHECK(value_of(self, "process_threads") == 5);
  CHECK_FALSE(value_of(self, "process_virtual_memory_bytes"));
  CHECK_FALSE(value_of(self, "process_virtual_memory_max_bytes"));
  self.set_process({.cpu_seconds = 2.25, .open_fds = 11});
  CHECK(value_of(self, "process_cpu_seconds_total") == 2.5);  // a counter does not fall
  CHECK(value_of(self, "process_open_fds") == 11);
  CHECK_FALSE(value_of(self, "process_max_fds"));
  self.set_process({.cpu_seconds = 3, .max_fds = 512});
  CHECK(value_of(self, "process_cpu_seconds_total") == 3);
  CHECK(value_of(self, "process_max_fds") == 512);
}

TEST_CASE("passes are counted while others render", "[exposition]") {
  SelfMetrics self;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) {
      self.pass_done(Pass::kPools, true, milliseconds(1), milliseconds(1), at(i));
      self.set_source("procfs", std::to_string(i));
    }
  });
  std::vector<std::string> violations;
  for (int i = 0; i < 50; ++i) {
    const auto found = kcommons::testing::check_exposition(self.render());
    violations.insert(violations.end(), found.begin(), found.end());
  }
  other.join();
  CHECK(violations.empty());
  CHECK(value_of(self, "kcommons_census_total", "pools") == 100);
}

TEST_CASE("a configuration that was refused leaves the time of the last good one", "[exposition]") {
  SelfMetrics self;
  self.config_read(true, at(1000));
  CHECK(value_of(self, "kcommons_config_last_reload_successful") == 1);
  self.config_read(false, at(2500));
  CHECK(value_of(self, "kcommons_config_last_reload_successful") == 0);
  CHECK(value_of(self, "kcommons_config_last_reload_success_timestamp_seconds") == 1);
  self.config_read(true, at(3500));
  CHECK(value_of(self, "kcommons_config_last_reload_successful") == 1);
  CHECK(value_of(self, "kcommons_config_last_reload_success_timestamp_seconds") == 3.5);
}
