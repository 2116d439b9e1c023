#include "daemon/api.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <catch2/catch.hpp>
#include <memory>

#include "attribution/attributor.hpp"
#include "fake_clock.hpp"
#include "report/audit_json.hpp"

using namespace kcommons;
using namespace kcommons::daemon;
using namespace std::chrono_literals;

namespace {

struct Rig {
  test::FakeClock clock;
  SnapshotSlot snapshots;
  HistoryBook history{1h, 2000, clock};
  exposition::SelfMetrics self;
  Log log{std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>()),
          LogLevel::kInfo, LogFormat::kLogfmt, clock};
  IncidentBook incidents{{}, std::nullopt, self, log, clock};
  Api api{{.version = "1.2.3", .source = "bpf", .source_reason = "auto", .procfs = "/nothing"},
          {.snapshots = snapshots,
           .history = history,
           .incidents = incidents,
           .clock = clock,
           .stale_after = [] { return 60s; }}};
  http::Router router;

  Rig() { api.add_to(router); }

  // Two containers; one of them is all that the limits on series let through.
  void take_census() {
    census::Census census;
    census.taken_at = clock.wall();
    census.exact = true;
    census.readings[0] = {.used = 60, .limit = catalogue::Limit{100}};
    census.user_namespaces.push_back({.inode = kInitialUserNs});
    for (const char* id : {"aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"}) {
      cgroup::Placement placement;
      placement.container = cgroup::Container{.runtime = cgroup::Runtime::kDocker, .id = id};
      census::ProcessRecord record;
      record.pid = Pid(static_cast<Pid::rep>(7 + census.processes.size()));
      record.placement = static_cast<std::uint32_t>(census.placements.size());
      record.user_ns = 0;
      record.files = 20 + census.processes.size();
      census.placements.push_back(placement);
      census.processes.push_back(record);
    }
    census.notify_groups.push_back({.holders = {0}, .user_ns = 0, .watches = 3});
    attribution::Attributor attributor({.max_containers = 1}, 0.5);
    auto snapshot = std::make_shared<const attribution::Snapshot>(attributor.attribute(census));
    snapshots.put({.snapshot = std::move(snapshot),
                   .census = std::make_shared<const census::Census>(std::move(census)),
                   .told = {},
                   .cost = {}});
  }
  http::Response get(const std::string& path, const std::string& query = "",
                     const std::string& tag = "") {
    http::Request request{.method = "GET", .path = path, .query = query};
    if (!tag.empty()) request.headers.emplace_back("If-None-Match", tag);
    return router.handle(request);
  }
};

std::string tag_of(const http::Response& response) {
  return std::string(http::find_header(response.headers, "ETag").value_or(""));
}

}  // namespace

TEST_CASE("before the first census the API says so", "[daemon]") {
  Rig rig;
  for (const auto path : {kAuditPath, kPoolsPath, kHoldersPath, kContainersPath, kUsersPath}) {
    CAPTURE(path);
    CHECK(rig.get(std::string(path)).status == 503);
  }
  CHECK(rig.get(std::string(kHistoryPath)).status == 200);
  CHECK(rig.get(std::string(kApiPath)).status == 200);
}

TEST_CASE("holders are told by whom it is asked with none cut", "[daemon]") {
  Rig rig;
  rig.take_census();
  const auto body = [&](const std::string& query) {
    const auto response = rig.get(std::string(kHoldersPath), query);
    CHECK(response.status == 200);
    return response.body;
  };
  CHECK_THAT(body(""), Catch::Contains("\"aaaaaaaaaaaaaaaa\"") &&
                           Catch::Contains("\"bbbbbbbbbbbbbbbb\"") && !Catch::Contains("_other"));
  CHECK_THAT(body("by=process&resource=open_files"), Catch::Contains("\"pid\": 8"));
  CHECK_THAT(body("limit=1&resource=open_files"), !Catch::Contains("aaaaaaaaaaaaaaaa"));
  CHECK_THAT(rig.get(std::string(kContainersPath)).body, Catch::Contains("_other"));
}

TEST_CASE("what a client has it is not sent again until the next census", "[daemon]") {
  Rig rig;
  rig.take_census();
  const std::string path(kPoolsPath);
  const std::string tag = tag_of(rig.get(path));
  REQUIRE(tag.size() > 2);
  const auto again = rig.get(path, "", tag);
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  CHECK(tag_of(again) == tag);
  CHECK(rig.get(path, "", tag.substr(2)).status == 304);
  CHECK(rig.get(path, "", "\"x\", " + tag).status == 304);
  CHECK(rig.get(path, "", "*").status == 304);
  CHECK(rig.get(path, "", "\"x\"").status == 200);
  CHECK(rig.get(path, "", tag.substr(3)).status == 200);
  // A query that is wrong is wrong for everybody.
  CHECK(rig.get(path, "x=1", tag).status == 400);
  CHECK(rig.get(std::string(kHoldersPath), "by=x", "*").status == 400);
  CHECK(rig.get(std::string(kExplainPath), "subject=nobody", "*").status == 404);
  CHECK(rig.get(std::string(kHoldersPath), "resource=open_files,open_files").status == 400);
  CHECK(rig.get(std::string(kHoldersPath), "resource=").status == 400);
  CHECK_THAT(rig.get(std::string(kUsersPath), "x=1").body, Catch::Contains("expected none here"));
  rig.clock.advance(10s);
  rig.take_census();
  CHECK(rig.get(path, "", tag).status == 200);
}

TEST_CASE("a snapshot that has become old is told anew", "[daemon]") {
  Rig rig;
  rig.take_census();
  const std::string tag = tag_of(rig.get(std::string(kAuditPath)));
  rig.clock.advance(61s);
  const auto old = rig.get(std::string(kAuditPath), "", tag);
  CHECK(old.status == 200);
  CHECK_THAT(old.body, Catch::Contains("the last census is"));
}

TEST_CASE("who is not there is not found and what is hostile is shown as text", "[daemon]") {
  Rig rig;
  rig.take_census();
  const std::string path(kExplainPath);
  CHECK(rig.get(path, "subject=7").status == 200);
  CHECK(rig.get(path, "subject=aaaaaaaaaaaa").status == 200);
  const auto none = rig.get(path, "subject=%1b%5B31m%ff");
  CHECK(none.status == 404);
  CHECK_THAT(none.body, !Catch::Contains("\x1b"));
  CHECK(rig.get(std::string(kInstancesPath), "pid=7").status == 200);
  CHECK(rig.get(std::string(kInstancesPath), "pid=99").status == 404);
  CHECK(rig.get(std::string(kInstancesPath), "pid=x").status == 400);
}
