#include "attribution/holder_history.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "attribution/holder_name.hpp"
#include "fake_clock.hpp"

using namespace kcommons;
using namespace kcommons::attribution;
using namespace std::chrono_literals;
using catalogue::ResourceId;

namespace {

const PoolKey kFiles{.resource = ResourceId::kOpenFiles};

std::uint32_t add_container(Snapshot& snapshot, const std::string& id) {
  snapshot.holders.push_back({.kind = Holder::Kind::kContainer,
                              .container_id = id,
                              .runtime = "docker",
                              .container = "name-of-" + id});
  return static_cast<std::uint32_t>(snapshot.holders.size() - 1);
}

// Each holds what it is given; by falling use, as an attributor has it.
Snapshot snapshot_of(const std::vector<std::pair<std::string, std::uint64_t>>& held) {
  Snapshot snapshot;
  Pool pool{
      .resource = ResourceId::kOpenFiles, .used_at_census = 5000, .limit = catalogue::Limit{10000}};
  for (const auto& [id, used] : held) {
    pool.holdings.push_back({.holder = add_container(snapshot, id), .used = used});
  }
  snapshot.pools.push_back(pool);
  return snapshot;
}

struct Rig {
  test::FakeClock clock;
  HolderHistory history{1h};

  void note(const std::vector<std::pair<std::string, std::uint64_t>>& held) {
    history.note(snapshot_of(held), clock.steady());
  }
  [[nodiscard]] std::vector<HolderUse> holders(const PoolKey& pool = kFiles) const {
    return history.holders(pool, {.steady = clock.steady(), .wall = clock.wall()});
  }
  [[nodiscard]] std::string names() const {
    std::string all;
    for (const HolderUse& use : holders()) all += use.id + " ";
    return all;
  }
};

}  // namespace

TEST_CASE("the largest holders of a pool are kept by name", "[attribution]") {
  Rig rig;
  rig.note({{"a", 60}, {"b", 50}, {"c", 40}, {"d", 30}, {"e", 20}, {"f", 10}});
  CHECK(rig.names() == "a b c d e ");
  CHECK(rig.holders().at(0).name == "name-of-a");
  CHECK(rig.holders().at(0).points.at(0).used == 60);
  CHECK(rig.holders({.resource = ResourceId::kPtys}).empty());
}

TEST_CASE("who was among the largest is followed on", "[attribution]") {
  Rig rig;
  rig.note({{"a", 60}, {"b", 50}});
  rig.clock.advance(1min);
  rig.note({{"u", 99}, {"v", 98}, {"w", 97}, {"x", 96}, {"y", 95}, {"b", 50}, {"a", 1}});
  CHECK(rig.names() == "u v w x y b a ");
  CHECK(rig.holders().back().points.at(0).used == 60);
  CHECK(rig.holders().back().points.at(1).used == 1);
}

TEST_CASE("who is gone is told of until the window has passed", "[attribution]") {
  Rig rig;
  rig.note({{"a", 60}, {"b", 50}});
  for (int i = 0; i < 59; ++i) {
    rig.clock.advance(1min);
    rig.note({{"b", 50}});
  }
  CHECK(rig.names() == "a b ");
  for (int i = 0; i < 3; ++i) {
    rig.clock.advance(1min);
    rig.note({{"b", 50}});
  }
  CHECK(rig.names() == "b ");
}

TEST_CASE("of many pools the fullest are kept and one that fills gets room", "[attribution]") {
  Rig rig;
  Snapshot snapshot;
  for (int uid = 0; uid < 400; ++uid) {
    Pool pool{.resource = ResourceId::kInotifyWatches,
              .userns = "initial",
              .uid = std::to_string(uid),
              .used_at_census = static_cast<std::uint64_t>(uid),
              .limit = catalogue::Limit{1000}};
    for (int i = 0; i < 5; ++i) {
      pool.holdings.push_back(
          {.holder = add_container(snapshot, std::to_string(uid) + "." + std::to_string(i)),
           .used = 1});
    }
    snapshot.pools.push_back(pool);
  }
  rig.history.note(snapshot, rig.clock.steady());
  const auto kept = [&](int uid) {
    return rig
        .holders({.resource = ResourceId::kInotifyWatches,
                  .userns = "initial",
                  .uid = std::to_string(uid)})
        .size();
  };
  std::size_t all = 0;
  for (int uid = 0; uid < 400; ++uid) all += kept(uid);
  CHECK(all == 5 * HolderHistory::kMostPools);
  CHECK(kept(399) == 5);
  CHECK(kept(300) == 5);
  CHECK(kept(299) == 0);
  snapshot.pools[7].used_at_census = 990;
  rig.clock.advance(10s);
  rig.history.note(snapshot, rig.clock.steady());
  CHECK(kept(7) == 5);
  CHECK(kept(300) == 0);
}

TEST_CASE("of a pool whose holders change all the time ten are kept", "[attribution]") {
  Rig rig;
  for (int i = 0; i < 50; ++i) {
    rig.note({{"now-" + std::to_string(i), 60}, {"steady", 50}});
    rig.clock.advance(10s);
  }
  CHECK(rig.holders().size() == HolderHistory::kMostOfAPool);
  CHECK_THAT(rig.names(), Catch::Contains("now-49 ") && Catch::Contains("steady "));
  CHECK_THAT(rig.names(), !Catch::Contains("now-40 "));
}

TEST_CASE("what a shim holds is another line than what its container does", "[attribution]") {
  Rig rig;
  Snapshot snapshot = snapshot_of({{"a", 60}});
  snapshot.pools[0].holdings.push_back({.holder = 0, .role = cgroup::Role::kRuntime, .used = 7});
  rig.history.note(snapshot, rig.clock.steady());
  REQUIRE(rig.holders().size() == 2);
  CHECK_FALSE(rig.holders()[0].runtime);
  CHECK(rig.holders()[1].runtime);
  CHECK(rig.holders()[1].points.at(0).used == 7);
}

TEST_CASE("the sum of those that were cut is nobody", "[attribution]") {
  Rig rig;
  Snapshot snapshot = snapshot_of({{std::string(kOther), 60}, {"b", 50}});
  snapshot.holders[0].runtime.clear();
  rig.history.note(snapshot, rig.clock.steady());
  CHECK(rig.names() == "b ");
}

TEST_CASE("a container that is called like what was cut is itself", "[attribution]") {
  Rig rig;
  rig.note({{std::string(kOther), 60}, {"b", 50}});
  CHECK(rig.names() == "_other b ");
  Holder holder{.kind = Holder::Kind::kContainer, .container_id = std::string(kOther)};
  CHECK(is_other(holder));
  CHECK(holder_name(holder) == "other containers");
  holder.runtime = "lxc";
  holder.container = kOther;
  CHECK_FALSE(is_other(holder));
  CHECK(holder_name(holder) == "_other");
  CHECK(is_other({.kind = Holder::Kind::kHost, .unit = std::string(kOther)}));
  CHECK_FALSE(is_other({.kind = Holder::Kind::kHost, .unit = "_other.service"}));
}
