#include "daemon/one_shot.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "fake_proc.hpp"

using namespace kcommons;
using config::Config;

namespace {

Config by_procfs(const std::string& procfs) {
  Config config;
  config.source = Config::Source::kProcfs;
  config.paths.procfs = procfs;
  config.limits.max_units = 1;  // of the daemon alone
  return config;
}

}  // namespace

TEST_CASE("one look gives a census and what follows from it uncut", "[daemon]") {
  test::FakeProc proc;
  for (int pid = 1; pid <= 3; ++pid) {
    proc.process(pid).cgroup("0::/system.slice/s" + std::to_string(pid) + ".service\n");
  }
  const SystemClock clock;
  const auto look = daemon::sample_once(by_procfs(proc.path()), clock);
  REQUIRE(look);
  CHECK(look->source == "procfs");
  CHECK(look->source_reason == "configured");
  CHECK(look->census.processes.size() == 3);
  CHECK(look->snapshot.processes == 3);
  CHECK(look->snapshot.holders.size() == 3);
  CHECK(look->snapshot.series_dropped == 0);
}

TEST_CASE("one source looks again and again", "[daemon]") {
  test::FakeProc proc;
  proc.process(1).cgroup("0::/system.slice/s1.service\n");
  const SystemClock clock;
  const auto look = daemon::HostLook::open(by_procfs(proc.path()), clock);
  REQUIRE(look);
  const auto first = (*look)->take();
  REQUIRE(first);
  CHECK(first->census.processes.size() == 1);
  proc.process(2).cgroup("0::/system.slice/s2.service\n");
  const auto second = (*look)->take();
  REQUIRE(second);
  CHECK(second->source == "procfs");
  CHECK(second->snapshot.holders.size() == 2);
}

TEST_CASE("a procfs that is not there is named in the error", "[daemon]") {
  const SystemClock clock;
  const auto look = daemon::sample_once(by_procfs("/nonexistent/procfs"), clock);
  REQUIRE_FALSE(look);
  CHECK_THAT(look.error().message(), Catch::Contains("/nonexistent/procfs") &&
                                         Catch::Contains("No such file or directory"));
}
