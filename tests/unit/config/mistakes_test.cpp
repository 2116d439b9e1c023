// Each kind of mistake, with its place and its words.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>

#include "config/config.hpp"
#include "expect.hpp"

using namespace kcommons::config;
using test::Lines;
using test::mistakes_in;

namespace {

struct Row {
  const char* yaml;
  const char* mistake;
};

std::string fixture(const std::string& name) {
  std::ifstream file(KCOMMONS_FIXTURES "/config/" + name);
  std::stringstream content;
  content << file.rdbuf();
  REQUIRE(file.good());
  return content.str();
}

void check_row(const Row& row) {
  CAPTURE(row.yaml);
  CHECK(mistakes_in(row.yaml) == Lines{row.mistake});
}

constexpr const char* kPools =
    "expected a duration from 100ms to 1m (such as 500ms, 10s, 2m or 1h)";

}  // namespace

TEST_CASE("all mistakes of a file are told at once in its order", "[config]") {
  std::string text;
  for (const auto& error :
       parse(fixture("several_mistakes.yaml"), "several_mistakes.yaml").errors) {
    text += error.text() + "\n";
  }
  CHECK(text == fixture("several_mistakes.txt"));
}

TEST_CASE("an unknown key is told with those that are known", "[config]") {
  check_row(GENERATE(values<Row>(
      {{"sampler: {}",
        "f:1:1: sampler: unknown key, expected one of source, sampling, inotify, limits, "
        "reserve, neighbours_above, paths, incidents, web, log, identity, cgroup"},
       {"log:\n  Level: info", "f:2:3: log.Level: unknown key, expected one of level, format"},
       {"log: {level.x: info}", "f:1:7: log.level.x: unknown key, expected one of level, format"},
       {"<<: {source: auto}",
        "f:1:1: <<: unknown key, expected one of source, sampling, inotify, limits, "
        "reserve, neighbours_above, paths, incidents, web, log, identity, cgroup"},
       {"paths: {1: /}", "f:1:9: paths.1: unknown key, expected one of procfs, sysfs, rootfs"},
       {"cgroup: {layouts: [{path: a, runtime: b, image: c}]}",
        "f:1:42: cgroup.layouts[0].image: unknown key, expected one of path, runtime"}})));
}

TEST_CASE("a dotted key at the top is not the key of a section", "[config]") {
  CHECK(mistakes_in("web.max_requests: 3").size() == 1);
  CHECK(parse("web.max_requests: 3", "f").config == Config{});
}

TEST_CASE("a key given twice is told at every depth", "[config]") {
  check_row(GENERATE(values<Row>(
      {{"source: auto\n\nsource: auto", "f:3:1: source: given twice, expected only line 1"},
       {"source: auto\n\"source\": auto", "f:2:1: source: given twice, expected only line 1"},
       {"log: {}\nweb: {}\nlog: {}", "f:3:1: log: given twice, expected only line 1"},
       {"log:\n  level: info\n  format: json\n  level: warn",
        "f:4:3: log.level: given twice, expected only line 2"},
       {"cgroup:\n  layouts:\n    - path: a\n      runtime: b\n      path: c",
        "f:5:7: cgroup.layouts[0].path: given twice, expected only line 3"}})));
}

TEST_CASE("the same key in two sections or items is no duplicate", "[config]") {
  CHECK(mistakes_in("cgroup: {layouts: [{path: a, runtime: b}, {path: a, runtime: b}]}").empty());
}

TEST_CASE("a value of the wrong type is told", "[config]") {
  check_row(GENERATE(values<Row>(
      {{"- source",
        "f:1:1: a list, expected a mapping with the keys source, sampling, inotify, "
        "limits, reserve, neighbours_above, paths, incidents, web, log, identity, cgroup"},
       {"word",
        "f:1:1: a word, expected a mapping with the keys source, sampling, inotify, "
        "limits, reserve, neighbours_above, paths, incidents, web, log, identity, cgroup"},
       {"web: 3",
        "f:1:6: web: a word, expected a mapping with the keys listen_address, "
        "telemetry_path, max_requests, config_file, enable_lifecycle"},
       {"web: {enable_lifecycle: yes}",
        "f:1:25: web.enable_lifecycle: \"yes\", expected true or false"},
       {"web: {enable_lifecycle: 'true'}",
        "f:1:25: web.enable_lifecycle: text in quotes, expected true or false"},
       {"source: [auto]", "f:1:9: source: a list, expected auto, bpf or procfs"},
       {"source: {a: b}", "f:1:9: source: a mapping, expected auto, bpf or procfs"},
       {"source:\nweb: {}", "f:1:1: source: no value, expected auto, bpf or procfs"},
       {"neighbours_above: '0.5'",
        "f:1:19: neighbours_above: text in quotes, expected a number from 0 to 1"},
       {"web:\n  max_requests: null",
        "f:2:3: web.max_requests: no value, expected a whole number from 1 to 1000"},
       {"? [a]\n: b", "f:1:3: a list as a key, expected a word"},
       {"? {a: b}\n: c", "f:1:3: a mapping as a key, expected a word"},
       {"log: {~: b}", "f:1:7: log: no value as a key, expected a word"}})));
}

TEST_CASE("a duration without unit or beyond its range is told", "[config]") {
  const auto [value, why] = GENERATE(table<std::string, std::string>(
      {{"1000", "\"1000\" has no unit"},
       {"1 s", "\"1 s\" is no duration"},
       {"1S", "\"1S\" is no duration"},
       {"1m30s", "\"1m30s\" is no duration"},
       {"1.5s", "\"1.5s\" is no duration"},
       {"-1s", "\"-1s\" is no duration"},
       {"s", "\"s\" is no duration"},
       {"''", "\"\" is no duration"},
       {"010s", "\"010s\" is no duration"},
       {"0s", "\"0s\" is out of range"},
       {"99ms", "\"99ms\" is out of range"},
       {"61s", "\"61s\" is out of range"},
       {"60001ms", "\"60001ms\" is out of range"},
       {"9223372036854775807h", "\"9223372036854775807h\" is out of range"},
       {"5124095576030432h", "\"5124095576030432h\" is out of range"},
       {"18446744073709551616s", "\"18446744073709551616s\" is no duration"}}));
  CAPTURE(value);
  CHECK(mistakes_in("sampling: {pools_interval: " + value + "}") ==
        Lines{"f:1:28: sampling.pools_interval: " + why + ", " + kPools});
}

TEST_CASE("a number that is none or beyond its range is told", "[config]") {
  const auto [value, why] = GENERATE(table<std::string, std::string>({
      {"0", "\"0\" is out of range"},
      {"100001", "\"100001\" is out of range"},
      {"-1", "\"-1\""},
      {"+1", "\"+1\""},
      {"1.0", "\"1.0\""},
      {"0x10", "\"0x10\""},
      {"010", "\"010\""},
      {"1_000", "\"1_000\""},
      {"18446744073709551616", "\"18446744073709551616\""},
  }));
  CAPTURE(value);
  CHECK(mistakes_in("limits: {max_units: " + value + "}") ==
        Lines{"f:1:21: limits.max_units: " + why + ", expected a whole number from 1 to 100000"});
}

TEST_CASE("every limit has its range", "[config]") {
  const std::string key = GENERATE(as<std::string>{}, "limits.max_containers", "limits.max_units",
                                   "limits.max_pools", "limits.max_users", "web.max_requests");
  CAPTURE(key);
  Config config;
  CHECK(set(config, key, "1"));
  CHECK_FALSE(set(config, key, "0"));
  CHECK_FALSE(set(config, key, "100001"));
}

TEST_CASE("every duration has its range", "[config]") {
  struct Ends {
    const char* key;
    const char* below;
    const char* low;
    const char* high;
    const char* above;
  };
  const auto ends =
      GENERATE(values<Ends>({{"sampling.pools_interval", "99ms", "100ms", "1m", "60001ms"},
                             {"sampling.holdings_interval", "999ms", "1s", "1h", "3601s"},
                             {"sampling.mappings_interval", "999ms", "1s", "24h", "1441m"},
                             {"sampling.peak_window", "999ms", "1s", "1h", "3601s"},
                             {"sampling.history_window", "59s", "1m", "24h", "1441m"},
                             {"inotify.large_read_interval", "999ms", "1s", "24h", "1441m"},
                             {"inotify.read_budget", "0ms", "1ms", "1m", "61s"},
                             {"incidents.clear_after", "-1s", "0s", "1h", "3601s"}}));
  CAPTURE(ends.key);
  Config config;
  CHECK_FALSE(set(config, ends.key, ends.below));
  CHECK(set(config, ends.key, ends.low));
  CHECK(set(config, ends.key, ends.high));
  CHECK_FALSE(set(config, ends.key, ends.above));
}

TEST_CASE("a ratio that is none is told", "[config]") {
  const std::string value = GENERATE(as<std::string>{}, ".nan", "nan", "inf", "-0.1", "1.01", "50%",
                                     "0,5", "1e400", "0x1");
  CAPTURE(value);
  CHECK(mistakes_in("neighbours_above: " + value).size() == 1);
}

TEST_CASE("the marks of an incident are fractions and in order", "[config]") {
  CHECK(mistakes_in("incidents: {threshold: 0.5, clear: 0.5}").empty());
  check_row(GENERATE(values<Row>(
      {{"incidents: {threshold: 0}",
        "f:1:24: incidents.threshold: \"0\" is out of range, expected a number from 0.01 to 1"},
       {"incidents: {clear: 90}",
        "f:1:20: incidents.clear: \"90\" is out of range, expected a number from 0.01 to 1"},
       {"incidents: {keep: 15}",
        "f:1:19: incidents.keep: \"15\" is out of range, expected a whole number from 16 to 1024"},
       {"incidents: {holders: 0}",
        "f:1:22: incidents.holders: \"0\" is out of range, expected a whole number from 1 to 100"},
       {"incidents: {file: incidents.jsonl}",
        "f:1:19: incidents.file: \"incidents.jsonl\", expected an absolute path"},
       {"incidents: {threshold: 0.7}",
        "f:1:24: incidents.threshold: over only above where it begins, expected clear not above "
        "threshold"},
       {"incidents: {threshold: 0.7, clear: 0.71}",
        "f:1:36: incidents.clear: over only above where it begins, expected clear not above "
        "threshold"}})));
}

TEST_CASE("words are taken exactly", "[config]") {
  check_row(GENERATE(values<Row>(
      {{"source: Auto", "f:1:9: source: \"Auto\", expected auto, bpf or procfs"},
       {"source: yes", "f:1:9: source: \"yes\", expected auto, bpf or procfs"},
       {"log: {level: warning}",
        "f:1:14: log.level: \"warning\", expected debug, info, warn or error"},
       {"log: {format: text}", "f:1:15: log.format: \"text\", expected logfmt or json"}})));
}

TEST_CASE("paths of files are absolute", "[config]") {
  check_row(GENERATE(values<Row>(
      {{"paths: {procfs: proc}", "f:1:17: paths.procfs: \"proc\", expected an absolute path"},
       {"paths: {rootfs: ''}", "f:1:17: paths.rootfs: \"\", expected an absolute path"},
       {"paths: {rootfs: \"/a\\0b\"}",
        "f:1:17: paths.rootfs: \"/a\\x00b\" holds a control character, expected an absolute "
        "path"}})));
  CHECK(mistakes_in("paths: {procfs: /" + std::string(4095, 'p') + "}") ==
        Lines{"f:1:17: paths.procfs: a path of 4096 bytes, expected at most 4095"});
}

TEST_CASE("the path of the metrics collides with no other page and is no pattern", "[config]") {
  const std::string path =
      GENERATE(as<std::string>{}, "metrics", "/", "/-/metrics", "/-/", "/api/v1/audit", "''",
               "/a b", "/m?x=1", "/m#x", "/**", "/m$", "/a|/b", "//m", "/a/../b", "/a/.", "/mäh");
  CAPTURE(path);
  const auto lines = mistakes_in("web:\n  telemetry_path: " + path);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("f:2:19: web.telemetry_path: \""));
  CHECK(lines[0].ends_with(", expected a path such as /metrics"));
}

TEST_CASE("holdings are not sampled more often than pools", "[config]") {
  const std::string what =
      "holdings more often than pools, expected holdings_interval not shorter than pools_interval";
  CHECK(mistakes_in("sampling:\n  holdings_interval: 10s\n  pools_interval: 11s") ==
        Lines{"f:2:22: sampling.holdings_interval: " + what});
  CHECK(mistakes_in("sampling:\n  pools_interval: 11s") ==
        Lines{"f:2:19: sampling.pools_interval: " + what});
}

TEST_CASE("intervals are compared only when both are right", "[config]") {
  const auto lines = mistakes_in("sampling: {pools_interval: 1m, holdings_interval: 500ms}");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("f:1:51: sampling.holdings_interval: \"500ms\" is out of range"));
}

TEST_CASE("a layout has a path and a runtime", "[config]") {
  check_row(GENERATE(values<Row>(
      {{"cgroup:\n  layouts: oci", "f:2:12: cgroup.layouts: a word, expected a list of layouts"},
       {"cgroup:\n  layouts: [oci]",
        "f:2:13: cgroup.layouts[0]: a word, expected a mapping with the keys path, runtime"},
       {"cgroup:\n  layouts:\n    - path: /a/{id}",
        "f:3:7: cgroup.layouts[0]: no runtime, expected the name of a runtime"},
       {"cgroup:\n  layouts:\n    - runtime: oci",
        "f:3:7: cgroup.layouts[0]: no path, expected a cgroup path such as /garden/{id}"},
       {"cgroup:\n  layouts:\n    - path: /garden/{id}\n      runtime: oci\n    - path:\n      "
        "runtime: oci",
        "f:5:7: cgroup.layouts[1].path: no value, expected a cgroup path such as /garden/{id}"},
       {"cgroup: {layouts: [{path: [], runtime: oci}]}",
        "f:1:27: cgroup.layouts[0].path: a list, expected a cgroup path such as /garden/{id}"},
       {"cgroup: {layouts: [{path: a, runtime: ''}]}",
        "f:1:39: cgroup.layouts[0].runtime: \"\", expected the name of a runtime"}})));
}

TEST_CASE("lists say what is wrong with a word", "[config]") {
  check_row(GENERATE(values<Row>(
      {{"identity: {off: mounts}", "f:1:17: identity.off: a word, expected a list of at most 50"},
       {"identity: {off: [mounts, nonsense]}",
        "f:1:26: identity.off[1]: \"nonsense\", expected one of bundle, runtime_state, docker, "
        "cri_o, podman, parent, mounts, machines, kubelet_logs"},
       {"identity: {off: [mounts, mounts]}",
        "f:1:26: identity.off[1]: \"mounts\" given twice, expected each source once"},
       {"identity: {roots: {docker: [docker]}}",
        "f:1:29: identity.roots.docker[0]: \"docker\", expected an absolute path"},
       {"identity: {labels: [[a]]}",
        "f:1:21: identity.labels[0]: a list, expected a label of containers such as "
        "com.example.team"},
       {"identity: {labels: [a.b, a-b]}",
        "f:1:26: identity.labels[1]: \"a.b\" and \"a-b\" both become label_a_b, expected labels "
        "that stay distinct"}})));
}

TEST_CASE("the number of words in a list has a limit", "[config]") {
  std::string yaml = "identity:\n  labels:\n";
  for (int i = 0; i < 51; ++i) yaml += "    - a" + std::to_string(i) + "\n";
  CHECK(mistakes_in(yaml) ==
        test::Lines{"f:3:5: identity.labels: a list of 51, expected a list of at most 50"});
}

TEST_CASE("a layout with a mistake is not among those that were read", "[config]") {
  const auto result = parse("cgroup: {layouts: [{path: a}, {path: b, runtime: c}]}", "f");
  CHECK(result.errors.size() == 1);
  REQUIRE(result.config.cgroup.layouts.size() == 1);
  CHECK(result.config.cgroup.layouts[0].pattern == "b");
}

TEST_CASE("the number of layouts has a limit", "[config]") {
  std::string yaml = "cgroup:\n  layouts:\n";
  for (int i = 0; i < 101; ++i) yaml += "  - {path: a, runtime: b}\n";
  CHECK(mistakes_in(yaml) == Lines{"f:3:3: cgroup.layouts: 101 layouts, expected at most 100"});
}

TEST_CASE("past a hundred mistakes the rest is counted", "[config]") {
  std::string yaml;
  for (int i = 0; i < 250; ++i) yaml += "key" + std::to_string(i) + ": 1\n";
  const auto lines = mistakes_in(yaml);
  REQUIRE(lines.size() == 101);
  CHECK(lines[99].starts_with("f:100:1: key99: unknown key"));
  CHECK(lines[100] == "f: 150 more mistakes");
}

TEST_CASE("a long value is cut where it is shown", "[config]") {
  const auto lines = mistakes_in("source: " + std::string(5000, 'x'));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].size() < 200);
  const auto key = mistakes_in("? " + std::string(5000, 'x') + "\n: 1");
  REQUIRE(key.size() == 1);
  CHECK(key[0].size() < 300);
}
