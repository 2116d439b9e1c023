#include "attribution/current_pools.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <string>

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

constexpr std::size_t kMost = 100;

census::Charge watches(std::uint32_t uid, std::uint64_t used) {
  return {.resource = ResourceId::kInotifyWatches,
          .user_ns = kInitialUserNs,
          .uid = Uid(uid),
          .used = used,
          .limit = catalogue::Limit{8192}};
}

Pool pool_of(const std::string& uid, std::uint64_t used) {
  return {.resource = ResourceId::kInotifyWatches,
          .userns = uid == kOther ? uid : "initial",
          .uid = uid,
          .used_at_census = used};
}

std::map<std::string, std::uint64_t> used_by_uid(const std::vector<CurrentPool>& pools) {
  std::map<std::string, std::uint64_t> used;
  for (const CurrentPool& pool : pools) {
    if (pool.resource == ResourceId::kInotifyWatches) used[pool.uid] = pool.used.value_or(0);
  }
  return used;
}

}  // namespace

TEST_CASE("before the first census only the host's pools are known", "[attribution]") {
  const auto pools = current_pools(reading(), nullptr, kMost);
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
  const auto pools = current_pools(reading(), &snapshot, kMost);
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
  const auto pools = current_pools(reading(), &snapshot, kMost);
  REQUIRE(pools.size() == 2);
  CHECK_FALSE(pools[1].limit);
}

TEST_CASE("what was not read is absent", "[attribution]") {
  CHECK(current_pools({}, nullptr, kMost).empty());
}

TEST_CASE("what the kernel charges now goes before what the census found", "[attribution]") {
  using Used = std::map<std::string, std::uint64_t>;
  census::PoolsReading now = reading();
  now.charges = {watches(0, 70), watches(1000, 5), watches(1001, 0)};
  Snapshot snapshot;
  snapshot.pools = {pool_of("0", 60), pool_of("33", 9)};
  SECTION("pools of users without a living process stay as they were") {
    CHECK(used_by_uid(current_pools(now, &snapshot, kMost)) ==
          Used{{"0", 70}, {"33", 9}, {"1000", 5}});
  }
  SECTION("one that is given back is shown to be empty until the next census") {
    now.charges[0].used = 0;
    CHECK(used_by_uid(current_pools(now, &snapshot, kMost))["0"] == 0);
  }
  SECTION("before the first census they are all there is") {
    CHECK(used_by_uid(current_pools(now, nullptr, kMost)) == Used{{"0", 70}, {"1000", 5}});
  }
  SECTION("where pools were cut, new ones go to the rest") {
    snapshot.pools.push_back(pool_of("_other", 1));
    CHECK(used_by_uid(current_pools(now, &snapshot, kMost)) ==
          Used{{"0", 70}, {"33", 9}, {"_other", 5}});
  }
  SECTION("more are not named than are allowed") {
    CHECK(used_by_uid(current_pools(now, &snapshot, 2)) ==
          Used{{"0", 70}, {"33", 9}, {"_other", 5}});
  }
}
