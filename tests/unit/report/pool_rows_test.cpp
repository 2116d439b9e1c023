#include "report/pool_rows.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

#include "sample.hpp"

namespace report = kcommons::report;
using namespace kcommons::report::test;
using kcommons::attribution::Holder;
using report::PoolRow;

TEST_CASE("pools are sorted with the fullest first and those without a limit last", "[report]") {
  Snapshot snapshot;
  add_pool(snapshot, ResourceId::kOpenFiles, "", 10, kUnlimited);
  add_pool(snapshot, ResourceId::kInotifyWatches, "1", 50, 100);
  add_pool(snapshot, ResourceId::kInotifyWatches, "2", 0, 100);
  add_pool(snapshot, ResourceId::kInotifyWatches, "3", 150, 100);
  add_pool(snapshot, ResourceId::kInotifyWatches, "4", 20, kUnlimited);
  add_pool(snapshot, ResourceId::kInotifyWatches, "5", 7, 100).limit.reset();
  add_pool(snapshot, ResourceId::kInotifyWatches, "6", 0, 100).used_at_census.reset();
  add_pool(snapshot, ResourceId::kInotifyWatches, "7", 1, 2);
  std::vector<std::string> order;
  for (const PoolRow& row : report::pool_rows(snapshot)) order.push_back(row.uid);
  CHECK(order == std::vector<std::string>{"3", "1", "7", "2", "4", "", "5", "6"});
}

TEST_CASE("a row says what is used of what by whom", "[report]") {
  const auto rows = report::pool_rows(article());
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].resource == ResourceId::kInotifyInstances);
  CHECK(rows[0].used == 121);
  CHECK(rows[0].ratio == Approx(121.0 / 128));
  CHECK(rows[0].container_neighbours == 1);
  CHECK(rows[0].host_neighbours == 7);
  REQUIRE(rows[0].top);
  CHECK(rows[0].top->name == "containerd.service");
  CHECK(rows[0].top->id.empty());
  CHECK(rows[0].top->used == 38);
  CHECK_FALSE(rows[2].ratio);
  REQUIRE(rows[2].top);
  CHECK(rows[2].top->name == "shop/web/nginx");
  CHECK(rows[2].top->id == "0123456789ab");
}

TEST_CASE("a pool without holders has no top holder", "[report]") {
  Snapshot snapshot;
  add_pool(snapshot, ResourceId::kOpenFiles, "", 5, 10);
  add_pool(snapshot, ResourceId::kInotifyWatches, "0", 5, 10).holdings = {
      {.holder = 99, .used = 5}};  // of no holder of this snapshot
  for (const PoolRow& row : report::pool_rows(snapshot)) CHECK_FALSE(row.top);
  CHECK(report::pool_rows(Snapshot{}).empty());
}

TEST_CASE("holders are named by what is known of them", "[report]") {
  Holder holder;
  holder.unit = "user@1000.service/app\n.service";
  CHECK(report::holder_name(holder) == "user@1000.service/app\\x0a.service");
  holder.unit = "_other";
  CHECK(report::holder_name(holder) == "other host groups");

  Holder container;
  container.kind = Holder::Kind::kContainer;
  container.container_id = "0123456789abcdef";
  CHECK(report::holder_name(container) == "0123456789ab");
  container.container = "nginx";
  CHECK(report::holder_name(container) == "nginx");
  container.pod = "web";
  CHECK(report::holder_name(container) == "web/nginx");
  container.pod_namespace = "shop";
  CHECK(report::holder_name(container) == "shop/web/nginx");
  container.container_id = "_other";
  CHECK(report::holder_name(container) == "other containers");
}

TEST_CASE("cells are words where there is no number", "[report]") {
  PoolRow row;
  CHECK(report::used_text(row) == "unknown");
  CHECK(report::limit_text(row) == "unknown");
  CHECK(report::use_text(row) == "-");
  row.limit.emplace();
  CHECK(report::limit_text(row) == "unlimited");
  row.used = std::numeric_limits<std::uint64_t>::max();
  row.limit->value = 1;
  CHECK(report::used_text(row) == "18446744073709551615");
  CHECK(report::limit_text(row) == "1");
}

TEST_CASE("use is a percentage that is not clamped at a hundred", "[report]") {
  PoolRow row;
  const auto [ratio, expected] = GENERATE(table<double, std::string>({{0, "0.0%"},
                                                                      {0.9453, "94.5%"},
                                                                      {1, "100.0%"},
                                                                      {1.5, "150.0%"},
                                                                      {99.9, "9990.0%"},
                                                                      {100, ">9999%"},
                                                                      {1e300, ">9999%"}}));
  row.ratio = ratio;
  CHECK(report::use_text(row) == expected);
}

TEST_CASE("scope says who shares the pool", "[report]") {
  PoolRow row;
  CHECK(report::scope_text(row) == "host");
  row.resource = ResourceId::kInotifyWatches;
  row.userns = "initial";
  row.uid = "0";
  CHECK(report::scope_text(row) == "uid 0");
  row.userns = "4026532301";
  CHECK(report::scope_text(row) == "uid 0 in user namespace 4026532301");
  row.userns = row.uid = "_other";
  CHECK(report::scope_text(row) == "other users");
}
