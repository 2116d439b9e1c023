#include <catch2/catch.hpp>
#include <chrono>
#include <limits>
#include <string>

#include "config/config.hpp"
#include "expect.hpp"

using namespace kcommons::config;
using namespace std::chrono_literals;
using test::mistakes_in;

namespace {

Config good(std::string_view yaml) {
  const auto result = parse(yaml, "f");
  for (const auto& error : result.errors) FAIL_CHECK(error.text());
  return result.config;
}

}  // namespace

TEST_CASE("a file that says nothing is the defaults", "[config]") {
  const std::string yaml =
      GENERATE(as<std::string>{}, "", "\n\n", "# only a comment", "---\n", "{}", "~", "---\n...\n",
               "\xEF\xBB\xBF", "\t# a tab, a comment\n");
  CAPTURE(yaml);
  CHECK(good(yaml) == Config{});
}

TEST_CASE("a section without a value keeps its defaults", "[config]") {
  CHECK(good("web:\nlog: ~\ncgroup:\n  layouts:\n") == Config{});
}

TEST_CASE("every key reaches its place in the configuration", "[config]") {
  const auto result = load(KCOMMONS_FIXTURES "/config/full.yaml");
  REQUIRE(result.errors.empty());
  const Config& config = result.config;
  CHECK(config.source == Config::Source::kProcfs);
  CHECK(config.sampling == Config::Sampling{500ms, 2min, 5min, 10min, 2h});
  CHECK(config.inotify == Config::Inotify{100, 1h, 250ms});
  CHECK(config.limits == Config::Limits{1, 2, 3, 100'000});
  CHECK(config.reserve == Config::Reserve{10, 0});
  CHECK(config.neighbours_above == 0.25);
  CHECK(config.paths == Config::Paths{"/host/proc", "/host/sys", "/host"});
  const Config::Identity::Roots& roots = config.identity.roots;
  CHECK(roots.docker == test::Lines{"/srv/docker"});
  CHECK(roots.containerd.empty());
  CHECK(roots.runc == test::Lines{"/run/a", "/run/b"});
  CHECK(roots.crun == test::Lines{"/run/user/0/crun"});
  CHECK(roots.cri_o == test::Lines{"/srv/crio"});
  CHECK(roots.podman == test::Lines{"/srv/podman"});
  CHECK(roots.machines == test::Lines{"/srv/machines"});
  CHECK(roots.kubelet_logs == test::Lines{"/srv/logs"});
  CHECK(config.identity.off == test::Lines{"mounts", "parent"});
  CHECK(config.identity.labels == test::Lines{"com.example.team", "tier"});
  CHECK(config.incidents ==
        Config::Incidents{0.95, 0.5, 5min, 3, 1000, "/var/log/incidents.jsonl"});
  CHECK(config.web == Config::Web{{":9100"}, "/node/metrics", 8, "/etc/kcommons/web.yaml", true});
  CHECK(config.log == Config::Log{Config::Log::Level::kDebug, Config::Log::Format::kJson});
}

TEST_CASE("two configurations differ in the keys whose values are others", "[config]") {
  const auto full = load(KCOMMONS_FIXTURES "/config/full.yaml");
  CHECK(differing_keys(Config{}, Config{}).empty());
  CHECK(differing_keys(full.config, full.config).empty());
  std::vector<std::string> all;
  for (const auto& key : known_keys()) {
    if (key.find("[]") == std::string::npos) all.push_back(key);
  }
  CHECK(differing_keys(Config{}, full.config) == all);

  const std::string layouts = "cgroup: {layouts: [{path: \"/a/{id}\", runtime: oci}]}\n";
  CHECK(differing_keys(good(layouts), good("\n\nlog: {level: info}\n" + layouts)).empty());
  CHECK(differing_keys(good(layouts), good("limits: {max_pools: 7}")) ==
        test::Lines{"limits.max_pools", "cgroup.layouts"});
}

TEST_CASE("a layout keeps the place of its pattern", "[config]") {
  const auto result = load(KCOMMONS_FIXTURES "/config/full.yaml");
  const auto& layouts = result.config.cgroup.layouts;
  REQUIRE(layouts.size() == 2);
  CHECK(layouts[0] == LayoutRule{"/garden/{id}", "oci", 23, 13});
  CHECK(layouts[1] == LayoutRule{"batch/{id64}", "runc", 25, 29});
}

TEST_CASE("a list without words is the default and an empty one is empty", "[config]") {
  CHECK(good("identity: {roots: {docker: }}").identity == Config::Identity{});
  CHECK(good("identity: {roots: {docker: []}}").identity.roots.docker.empty());
}

TEST_CASE("durations take each unit and the ends of their range", "[config]") {
  CHECK(good("sampling: {pools_interval: 100ms}").sampling.pools_interval == 100ms);
  CHECK(good("sampling: {pools_interval: 1m, holdings_interval: 1h}").sampling ==
        Config::Sampling{1min, 1h});
  CHECK(good("sampling: {holdings_interval: 1s}").sampling.holdings_interval == 1s);
  CHECK(good("sampling: {holdings_interval: \"90s\"}").sampling.holdings_interval == 90s);
}

TEST_CASE("intervals may be equal", "[config]") {
  CHECK(good("sampling: {pools_interval: 30s, holdings_interval: 30s}").sampling.pools_interval ==
        30s);
}

TEST_CASE("the ratio takes both of its ends", "[config]") {
  CHECK(good("neighbours_above: 0").neighbours_above == 0.0);
  CHECK(good("neighbours_above: 1").neighbours_above == 1.0);
  CHECK(good("neighbours_above: 1e-1").neighbours_above == 0.1);
}

TEST_CASE("lines may end as on Windows", "[config]") {
  const auto config = good("web:\r\n  max_requests: 7\r\n  telemetry_path: /m\r\n");
  CHECK(config.web.max_requests == 7);
  CHECK(config.web.telemetry_path == "/m");
  CHECK(mistakes_in("web:\r\n  max_requests: 0\r\n").front().starts_with("f:2:17: "));
}

TEST_CASE("what is missing at the end is told at the end", "[config]") {
  CHECK(mistakes_in("cgroup:\n  layouts:\n    -") ==
        test::Lines{"f:3:6: cgroup.layouts[0]: no value, expected a mapping with the keys path, "
                    "runtime"});
}

TEST_CASE("text beyond ascii is kept and columns count its bytes", "[config]") {
  CHECK(good("paths: {procfs: /größe/🐋}").paths.procfs == "/größe/🐋");
  CHECK(mistakes_in("paths: {procfs: /ö, rootfs: x}").front().starts_with("f:1:30: "));
}

TEST_CASE("what is right is read even when something else is wrong", "[config]") {
  const auto result = parse("web: {max_requests: 9, nonsense: 1}", "f");
  CHECK(result.errors.size() == 1);
  CHECK(result.config.web.max_requests == 9);
}

TEST_CASE("a wrong value leaves the default", "[config]") {
  const auto result = parse("web: {max_requests: 9999, listen_address: here}", "f");
  CHECK(result.errors.size() == 2);
  CHECK(result.config == Config{});
}

TEST_CASE("an address to listen on is one or a list", "[config]") {
  using Words = std::vector<std::string>;
  const auto addresses = [](std::string_view yaml) { return good(yaml).web.listen_addresses; };
  CHECK(addresses("web: {listen_address: \":1\"}") == Words{":1"});
  CHECK(addresses("web: {listen_address: \":1,localhost:2\"}") == Words{":1", "localhost:2"});
  CHECK(addresses("web: {listen_address: [\":1\", \"[::1]:2\"]}") == Words{":1", "[::1]:2"});
  CHECK(mistakes_in("web: {listen_address: []}") ==
        test::Lines{"f:1:23: web.listen_address: a list of 0, expected a list of 1 to 50"});
  CHECK(mistakes_in("web: {listen_address: [a:1, a:2, a:1]}") ==
        test::Lines{"f:1:34: web.listen_address[2]: \"a:1\" given twice, expected each address "
                    "once"});
  CHECK(mistakes_in("web: {listen_address: \":1,,:2\"}").size() == 1);
  CHECK(mistakes_in("web: {listen_address: \":1,0.0.0.0:1\"}").size() == 1);
  Config config;
  CHECK(set(config, "web.listen_address", ":1,:2"));
  CHECK(config.web.listen_addresses == Words{":1", ":2"});
  CHECK_FALSE(set(config, "web.listen_address", ":3,:3"));
  CHECK(config.web.listen_addresses == Words{":1", ":2"});
}

TEST_CASE("a file that cannot be read is one error with the reason", "[config]") {
  const auto missing = load("/nonexistent/kcommons.yaml");
  REQUIRE(missing.errors.size() == 1);
  CHECK(missing.errors[0].text() ==
        "/nonexistent/kcommons.yaml: cannot be opened: No such file or directory");
  const auto folder = load(KCOMMONS_FIXTURES);
  REQUIRE(folder.errors.size() == 1);
  CHECK(folder.errors[0].message == "cannot be read: Is a directory");
}

TEST_CASE("a file without end is read no further than its limit", "[config]") {
  const auto endless = load("/dev/zero");
  REQUIRE(endless.errors.size() == 1);
  CHECK(endless.errors[0].text() == "/dev/zero: too large, expected at most 1048576 bytes");
}

TEST_CASE("single keys are set with the checks of the file", "[config]") {
  Config config;
  CHECK(set(config, "web.max_requests", "3"));
  CHECK(config.web.max_requests == 3);
  const auto wrong = set(config, "web.max_requests", "0");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message() == "\"0\" is out of range, expected a whole number from 1 to 1000");
  CHECK(config.web.max_requests == 3);
  CHECK_FALSE(set(config, "web", "x"));
  CHECK_FALSE(set(config, "cgroup.layouts", "x"));
  CHECK_FALSE(set(config, "", ""));
}

TEST_CASE("an error shows on one harmless line whatever the input was", "[config]") {
  const ConfigError error{.path = "a\nb", .line = 1, .column = 2, .message = "\x1b[31m"};
  CHECK(error.text() == "a\\x0ab:1:2: \\x1b[31m");
  const auto lines = mistakes_in("source: \"\\e[31m\\n\xC2\x9B\"");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0] == "f:1:9: source: \"\\x1b[31m\\x0a\\xc2\\x9b\", expected auto, bpf or procfs");
}
