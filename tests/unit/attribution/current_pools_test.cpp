#include "attribution/current_pools.hpp"

#include <catch2/catch.hpp>

using namespace kcommons;
using namespace kcommons::attribution;
using catalogue::ResourceId;

namespace {

census::PoolsReading reading() {
  census::PoolsReading r;
  r.readings[0] = {.used = 500, .limit = catalogue::Limit{1000}};
  r.readings[2] = {.used = std::nullopt, .limit = catalogue::Limit{64}};
  return r;
}

}  // namespace

TEST_CASE("before the first census only the host's pools are known", "[attribution]") {
  const auto pools = current_pools(reading(), nullptr);
  REQUIRE(pools.size() == 1);
  CHECK(pools[0].used == 500);
  CHECK(pools[0].limit->value == 1000);
}

TEST_CASE("a user's pool has the use of the census and the limit of now", "[attribution]") {
  Snapshot snapshot;
  snapshot.pools.push_back({.resource = ResourceId::kInotifyWatches,
                            .userns = "initial",
                            .uid = "0",
                            .used_at_census = 60,
                            .limit = catalogue::Limit{8192}});
  const auto pools = current_pools(reading(), &snapshot);
  REQUIRE(pools.size() == 2);
  CHECK(pools[1].uid == "0");
  CHECK(pools[1].used == 60);
  CHECK(pools[1].limit->value == 64);
}

TEST_CASE("the bucket of pools that were cut has no limit", "[attribution]") {
  Snapshot snapshot;
  snapshot.pools.push_back({.resource = ResourceId::kInotifyWatches,
                            .userns = "_other",
                            .uid = "_other",
                            .used_at_census = 60});
  const auto pools = current_pools(reading(), &snapshot);
  REQUIRE(pools.size() == 2);
  CHECK_FALSE(pools[1].limit);
}

TEST_CASE("what was not read is absent", "[attribution]") {
  CHECK(current_pools({}, nullptr).empty());
}
