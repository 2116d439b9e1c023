#include "daemon/publisher.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <sstream>

#include "fake_clock.hpp"
#include "joined.hpp"

using namespace kcommons;
using namespace kcommons::daemon;

namespace {

struct Rig {
  std::ostringstream text;
  test::FakeClock clock;
  Log log{std::make_shared<spdlog::logger>(
              "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text, true)),
          LogLevel::kInfo, LogFormat::kLogfmt, clock};
  SnapshotSlot snapshots;
  HistoryBook history{std::chrono::hours(1), 2000, clock};
  exposition::Registry registry;
  exposition::SelfMetrics self;
  IncidentBook incidents{{}, std::nullopt, self, log, clock};
  identity::Namer namer{{.lookup = {.rootfs = "/nothing", .procfs = "/nothing"}}, clock};
  Notifier notifier{{}, clock};
  Publisher publisher{notifier,  &namer,    attribution::Attributor({}, 0.5),
                      {},        snapshots, history,
                      incidents, registry,  self,
                      log,       clock};

  [[nodiscard]] bool serves(const std::string& line) const {
    return ("\n" + test::joined(registry.exposition())).find("\n" + line + "\n") !=
           std::string::npos;
  }
};

census::PoolsReading pools(std::uint64_t used) {
  census::PoolsReading reading;
  reading.readings[0] = {.used = used, .limit = catalogue::Limit{1000}};
  return reading;
}

census::Census census_with_container(std::uint64_t files) {
  census::Census census;
  census.readings = pools(600).readings;
  cgroup::Placement placement;
  placement.container = cgroup::Container{.runtime = cgroup::Runtime::kDocker, .id = "abc"};
  census.placements.push_back(placement);
  census.user_namespaces.push_back({.inode = kInitialUserNs});
  census::ProcessRecord record;
  record.pid = Pid(7);
  record.user_ns = 0;
  record.files = files;
  record.descriptors = files;
  census.processes.push_back(record);
  return census;
}

const std::string kUsedByAbc =
    R"(kcommons_container_used{resource="open_files",userns="",uid="",role="workload",)"
    R"(container_id="abc",runtime="docker",container="abc",pod="",namespace=""} )";

}  // namespace

TEST_CASE("pools are served before the first census and the daemon is not ready", "[daemon]") {
  Rig rig;
  rig.publisher.on_pools(pools(500), {});
  CHECK(rig.serves(R"(kcommons_pool_used{resource="open_files",userns="",uid=""} 500)"));
  CHECK_FALSE(rig.registry.has_holdings());
}

TEST_CASE("a census is served with its holders and the newest pools stay newest", "[daemon]") {
  Rig rig;
  rig.publisher.on_census(census_with_container(42), {});
  rig.publisher.on_pools(pools(700), {});
  CHECK(rig.serves(kUsedByAbc + "42"));
  CHECK(rig.serves(R"(kcommons_pool_used{resource="open_files",userns="",uid=""} 700)"));
  CHECK(rig.serves(R"(kcommons_pool_used_at_census{resource="open_files",userns="",uid=""} 600)"));
  CHECK(rig.registry.has_holdings());
}

TEST_CASE("a snapshot has the growth of its pools and a failed reading is no standstill",
          "[daemon]") {
  Rig rig;
  rig.publisher.on_census(census_with_container(42), {});
  CHECK_FALSE(rig.snapshots.get()->pools.at(0).growth);
  for (std::uint64_t second = 0; second <= 600; ++second) {
    rig.publisher.on_pools(pools(100 + 2 * second), {});
    rig.clock.advance(std::chrono::seconds(1));
  }
  for (int second = 0; second < 600; ++second) {
    rig.publisher.on_pools(fail(Error::from_errno(EMFILE, "read")), {});
    rig.clock.advance(std::chrono::seconds(1));
  }
  rig.publisher.on_census(census_with_container(42), {});
  const auto& growth = rig.snapshots.get()->pools.at(0).growth;
  REQUIRE(growth);
  CHECK(growth->per_second == Approx(2.0));
  CHECK(growth->over == std::chrono::minutes(10));
}

TEST_CASE("a pool that comes near its limit is an incident and counted", "[daemon]") {
  Rig rig;
  rig.publisher.on_census(census_with_container(42), {});
  rig.publisher.on_pools(pools(899), {});
  CHECK(rig.serves(R"(kcommons_incidents_total{resource="open_files"} 0)"));
  CHECK(rig.serves("kcommons_incidents_open 0"));
  rig.publisher.on_pools(pools(900), {});
  CHECK(rig.serves(R"(kcommons_incidents_total{resource="open_files"} 1)"));
  CHECK(rig.serves("kcommons_incidents_open 1"));
  REQUIRE(rig.incidents.list().size() == 1);
  CHECK(rig.incidents.list()[0]->census->holders.at(0).used == 42);
  rig.publisher.on_census(census_with_container(850), {});
  CHECK(rig.incidents.list()[0]->census->holders.at(0).used == 850);
}

TEST_CASE("a failed reading neither begins nor ends an incident", "[daemon]") {
  Rig rig;
  rig.publisher.on_pools(pools(950), {});
  rig.publisher.on_pools(pools(10), {});
  rig.clock.advance(std::chrono::hours(1));
  rig.publisher.on_pools(fail(Error::from_errno(EMFILE, "read")), {});
  CHECK(rig.incidents.list().at(0)->state == incidents::State::kOpen);
  rig.publisher.on_pools(pools(10), {});
  CHECK(rig.incidents.list().at(0)->state == incidents::State::kEnded);
}

TEST_CASE("pools that cannot be read are said once, and so is their end", "[daemon]") {
  Rig rig;
  const std::string trouble = "pools cannot be read, the last values stay";
  rig.publisher.on_pools(pools(500), {});
  for (int round = 1; round <= 2; ++round) {
    CAPTURE(round);
    rig.publisher.on_pools(fail(Error::from_errno(ENFILE, "read /proc/sys/fs/file-nr")), {});
    rig.publisher.on_pools(fail(Error::from_errno(ENFILE, "read /proc/sys/fs/file-nr")), {});
    rig.publisher.on_pools(pools(500), {});
    std::size_t said = 0;
    for (auto at = rig.text.str().find(trouble); at != std::string::npos;
         at = rig.text.str().find(trouble, at + 1)) {
      ++said;
    }
    CHECK(said == static_cast<std::size_t>(2 * round));
  }
  CHECK(rig.serves(R"(kcommons_census_failures_total{kind="pools",reason="exhausted"} 4)"));
  CHECK(rig.serves(R"(kcommons_census_success{kind="pools"} 1)"));
}

TEST_CASE("a failed census keeps the last snapshot and says so", "[daemon]") {
  Rig rig;
  rig.publisher.on_census(census_with_container(42), {});
  rig.publisher.on_census(fail(Error::from_errno(EMFILE, "open /proc/7")), {});
  CHECK(rig.serves(kUsedByAbc + "42"));
  CHECK(rig.serves(R"(kcommons_census_success{kind="holdings"} 0)"));
  CHECK(rig.serves(R"(kcommons_census_failures_total{kind="holdings",reason="exhausted"} 1)"));
  CHECK_THAT(rig.text.str(), Catch::Contains("Too many open files"));
  rig.publisher.on_census(census_with_container(43), {});
  CHECK(rig.serves(R"(kcommons_census_success{kind="holdings"} 1)"));
}

TEST_CASE("a container that is gone is gone from the next exposition", "[daemon]") {
  Rig rig;
  rig.publisher.on_census(census_with_container(42), {});
  rig.publisher.on_census(census::Census{}, {});
  CHECK_THAT(test::joined(rig.registry.exposition()), !Catch::Contains("abc"));
}

TEST_CASE("new limits and windows hold from the next pass on", "[daemon]") {
  Rig rig;
  rig.publisher.on_census(census_with_container(42), {});
  const std::string neighbour = "kcommons_container_neighbour{";
  const auto exposition = [&rig] { return test::joined(rig.registry.exposition()); };
  CHECK_THAT(exposition(), Catch::Contains(neighbour));  // 600 of 1000
  CHECK(rig.serves(kUsedByAbc + "42"));

  rig.publisher.configure({.max_containers = 1}, 0.9,
                          {.peak_window = std::chrono::milliseconds(1000)});
  census::Census two = census_with_container(42);
  two.placements.push_back(two.placements[0]);
  two.placements[1].container->id = "def";
  two.processes.push_back(two.processes[0]);
  two.processes[1].placement = 1;
  two.processes[1].files = 7;
  rig.publisher.on_census(two, {});
  CHECK_THAT(exposition(), !Catch::Contains(neighbour));
  CHECK_THAT(exposition(), Catch::Contains("container=\"_other\""));

  rig.publisher.on_pools(pools(900), {});
  rig.clock.advance(std::chrono::seconds(2));
  rig.publisher.on_pools(pools(100), {});
  CHECK(rig.serves(R"(kcommons_pool_used_peak{resource="open_files",userns="",uid=""} 100)"));
}
