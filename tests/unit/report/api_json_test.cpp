#include "report/api_json.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sample.hpp"

using namespace kcommons;
using namespace kcommons::report;
using catalogue::ResourceId;
using nlohmann::json;

namespace {

Audit audit_of(const attribution::Snapshot& snapshot) {
  return make_audit(snapshot, {.name = "bpf", .reason = "auto"}, {});
}

}  // namespace

TEST_CASE("pools are told as in an audit and may be picked", "[report]") {
  const auto snapshot = test::article();
  const Audit audit = audit_of(snapshot);
  const auto all = json::parse(pools_json(audit, {}))["pools"];
  CHECK(all.size() == snapshot.pools.size());
  const auto& first = audit.pools.at(0).row;
  const auto one = json::parse(
      pools_json(audit, {.resource = std::string(catalogue::resource(first.resource).name),
                         .userns = first.userns,
                         .uid = first.uid}))["pools"];
  REQUIRE(one.size() == 1);
  CHECK(one[0] == all[0]);
  CHECK(json::parse(pools_json(audit, {.uid = "77"}))["pools"].empty());
}

TEST_CASE("a container is told with all that it holds", "[report]") {
  attribution::Snapshot snapshot;
  const auto web =
      test::add_container(snapshot, "0123456789abcdef", "web\x1b[31m\xff", "pod", "ns");
  const auto unit = test::add_unit(snapshot, "ssh.service");
  snapshot.holders[web].workload.processes = 3;
  snapshot.holders[web].workload.by_type.emplace();
  snapshot.holders[web].workload.by_type->at(1) = 5;
  auto& pool = test::add_pool(snapshot, ResourceId::kInotifyWatches, "0", 100, 200);
  pool.holdings = {{.holder = web, .used = 60},
                   {.holder = unit, .used = 30},
                   {.holder = web, .role = cgroup::Role::kRuntime, .used = 10}};
  const auto told = json::parse(containers_json(audit_of(snapshot), snapshot, ""))["containers"];
  REQUIRE(told.size() == 1);
  CHECK(told[0]["container_id"] == "0123456789abcdef");
  CHECK(told[0]["workload"]["by_type"] == json{{"socket", 5}});
  CHECK(told[0]["runtime_part"]["by_type"].is_null());
  REQUIRE(told[0]["holdings"].size() == 2);
  CHECK(told[0]["holdings"][0]["used"] == 60);
  CHECK(told[0]["holdings"][0]["share"] == 0.6);
  CHECK(told[0]["holdings"][0]["limit_ratio"] == 0.3);
  CHECK(told[0]["holdings"][1]["role"] == "runtime");
  CHECK(json::parse(containers_json(audit_of(snapshot), snapshot, "0123"))["containers"].size() ==
        1);
  CHECK(json::parse(containers_json(audit_of(snapshot), snapshot, "1"))["containers"].empty());
}

TEST_CASE("users are told by number with what they are charged for", "[report]") {
  attribution::Snapshot snapshot;
  test::add_pool(snapshot, ResourceId::kInotifyWatches, "1000", 5, 10);
  test::add_pool(snapshot, ResourceId::kInotifyWatches, "2", 7, test::kUnlimited);
  test::add_pool(snapshot, ResourceId::kOpenFiles, "", 70, 100);
  snapshot.users = {{.resource = ResourceId::kOpenFiles, .uid = "1000", .user = "ann", .used = 50},
                    {.resource = ResourceId::kOpenFiles, .uid = "30", .user = "", .used = 20}};
  const auto users = json::parse(users_json(audit_of(snapshot), snapshot))["users"];
  REQUIRE(users.size() == 3);
  CHECK(users[0]["uid"] == "2");
  CHECK(users[0]["uses"][0]["unlimited"] == true);
  CHECK(users[1]["uid"] == "30");
  CHECK(users[2]["user"] == "ann");
  REQUIRE(users[2]["uses"].size() == 2);
  CHECK(users[2]["uses"][0]["ratio"] == 0.5);
  CHECK(users[2]["uses"][1]["used"] == 50);
  CHECK(users[2]["uses"][1]["limit"].is_null());
}

TEST_CASE("history is points of seconds and use", "[report]") {
  using namespace std::chrono_literals;
  attribution::PoolUse use{.resource = ResourceId::kOpenFiles};
  use.points = {{.at = WallTime(100s), .used = 1}, {.at = WallTime(160s), .used = 2}};
  use.holders.push_back(
      {.name = "web\xff", .id = "0123", .points = {{.at = WallTime(160s), .used = 2}}});
  const auto told = json::parse(history_json({use}, 1h));
  CHECK(told["window_seconds"] == 3600);
  CHECK(told["pools"][0]["points"] == json::parse("[[100,1],[160,2]]"));
  CHECK(told["pools"][0]["holders"][0]["role"] == "workload");
}
