#include "attribution/pool_history.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <string>

#include "fake_clock.hpp"

using namespace kcommons;
using namespace kcommons::attribution;
using namespace std::chrono_literals;
using catalogue::ResourceId;

namespace {

const PoolKey kFiles{.resource = ResourceId::kOpenFiles};

// A history of an hour, fed with open files, each second unless it is told otherwise.
struct Rig {
  test::FakeClock clock;
  PoolHistory history{1h, 100};

  void read(std::optional<std::uint64_t> used) {
    history.note({{.resource = ResourceId::kOpenFiles, .used = used}}, clock.steady());
  }
  // `used` by the seconds since the call.
  void watch(std::chrono::seconds length, const std::function<std::uint64_t(int)>& used,
             std::chrono::seconds interval = 1s) {
    for (auto at = 0s; at <= length; at += interval) {
      read(used(static_cast<int>(at.count())));
      clock.advance(interval);
    }
  }
  [[nodiscard]] std::optional<Growth> growth() const {
    return history.growth(kFiles, clock.steady());
  }
};

}  // namespace

TEST_CASE("a pool that does not change does not grow", "[attribution]") {
  Rig rig;
  rig.watch(2h, [](int) { return 5000U; });
  REQUIRE(rig.growth());
  CHECK(rig.growth()->per_second == 0.0);
  CHECK(rig.growth()->over >= 59min);
  CHECK(rig.growth()->over <= 1h);
}

TEST_CASE("steady growth is found exactly and shrinking is negative", "[attribution]") {
  Rig rig;
  SECTION("up") {
    rig.watch(3h, [](int at) { return 100U + 3U * static_cast<unsigned>(at); });
    CHECK(rig.growth()->per_second == Approx(3.0));
  }
  SECTION("down") {
    rig.watch(3h, [](int at) { return 100'000U - 7U * static_cast<unsigned>(at); });
    CHECK(rig.growth()->per_second == Approx(-7.0));
  }
  SECTION("of numbers as large as memory in bytes") {
    rig.watch(1h, [](int at) { return (1ULL << 45U) + 4096ULL * static_cast<unsigned>(at); });
    CHECK(rig.growth()->per_second == Approx(4096.0));
  }
}

TEST_CASE("growth is known from two steps of the window on and says how long it was seen",
          "[attribution]") {
  Rig rig;
  rig.watch(119s, [](int at) { return 10U * static_cast<unsigned>(at); });
  CHECK_FALSE(rig.growth());
  rig.read(1200);
  REQUIRE(rig.growth());
  CHECK(rig.growth()->per_second == Approx(10.0));
  CHECK(rig.growth()->over == 120s);
}

TEST_CASE("what was before the window is forgotten", "[attribution]") {
  Rig rig;
  rig.watch(1h, [](int at) { return 50U * static_cast<unsigned>(at); });
  rig.watch(61min, [](int) { return 180'000U; });
  CHECK(rig.growth()->per_second == Approx(0.0).margin(0.001));
}

TEST_CASE("what goes up and comes down again is not taken for growth", "[attribution]") {
  // Ten minutes from 100 to 1000, at once back to 100, and so on. Looked at when it is highest.
  Rig rig;
  rig.watch(3h - 1s, [](int at) { return 100U + 900U * static_cast<unsigned>(at % 600) / 600U; });
  const double from_trough_to_peak = 900.0 / 600;
  const double from_first_to_last = 900.0 / 3600;
  REQUIRE(rig.growth());
  CHECK(std::abs(rig.growth()->per_second) < from_trough_to_peak / 20);
  CHECK(std::abs(rig.growth()->per_second) < from_first_to_last / 3);
}

TEST_CASE("a pool that vanishes and comes back is another one", "[attribution]") {
  Rig rig;
  rig.watch(10min, [](int at) { return 10'000U - static_cast<unsigned>(at); });
  rig.history.note({}, rig.clock.steady());
  CHECK_FALSE(rig.growth());
  rig.clock.advance(1s);
  rig.watch(1min, [](int at) { return 5U * static_cast<unsigned>(at); });
  CHECK_FALSE(rig.growth());
  rig.watch(2min, [](int at) { return 305U + 5U * static_cast<unsigned>(at); });
  CHECK(rig.growth()->per_second == Approx(5.0));
  CHECK(rig.growth()->over <= 181s);
}

TEST_CASE("a use that was not read is a gap and not a zero", "[attribution]") {
  Rig rig;
  rig.read(std::nullopt);
  rig.clock.advance(1s);
  rig.watch(5min, [](int at) { return 1000U + 2U * static_cast<unsigned>(at); });
  for (int i = 0; i < 300; ++i) {
    rig.read(std::nullopt);
    rig.clock.advance(1s);
  }
  CHECK_FALSE(rig.growth());  // the newest reading does not have it
  rig.watch(1min, [](int at) { return 2202U + 2U * static_cast<unsigned>(at); });
  CHECK(rig.growth()->per_second == Approx(2.0));
}

TEST_CASE("passes that fail for a while leave the line what it is", "[attribution]") {
  Rig rig;
  const auto leak = [&](int start) {
    return [start](int at) { return 4U * static_cast<unsigned>(start + at); };
  };
  rig.watch(10min, leak(0));
  rig.clock.advance(20min);
  rig.watch(5min, leak(601 + 1200));
  CHECK(rig.growth()->per_second == Approx(4.0));
  SECTION("and for longer than the window leave nothing") {
    rig.clock.advance(2h);
    CHECK_FALSE(rig.growth());
    rig.read(1);
    CHECK_FALSE(rig.growth());
  }
}

TEST_CASE("a reading that is not newer than the last is ignored", "[attribution]") {
  Rig rig;
  rig.watch(5min, [](int at) { return 2U * static_cast<unsigned>(at); });
  rig.read(602);
  const auto now = rig.clock.steady();
  rig.history.note({{.resource = ResourceId::kOpenFiles, .used = 999'999}}, now);
  rig.history.note({{.resource = ResourceId::kOpenFiles, .used = 0}}, now - 1min);
  rig.history.note({}, now - 1h);
  CHECK(rig.growth()->per_second == Approx(2.0));
}

TEST_CASE("rare readings do as well", "[attribution]") {
  Rig rig;
  rig.watch(
      30min, [](int at) { return 2U * static_cast<unsigned>(at); }, 5min);
  CHECK(rig.growth()->per_second == Approx(2.0));
  CHECK(rig.growth()->over == 30min);
}

TEST_CASE("each pool has its own growth and what is cut has none", "[attribution]") {
  PoolHistory history(1h, 100);
  for (int i = 0; i <= 300; ++i) {
    const auto used = static_cast<std::uint64_t>(i);
    history.note(
        {{.resource = ResourceId::kKeys, .userns = "", .uid = "1", .used = used},
         {.resource = ResourceId::kKeys, .userns = "", .uid = "2", .used = 2 * used},
         {.resource = ResourceId::kKeys, .userns = "_other", .uid = "_other", .used = used}},
        SteadyTime{1h} + std::chrono::seconds(i));
  }
  const auto growth_of = [&](const std::string& userns, const std::string& uid) {
    return history.growth({ResourceId::kKeys, userns, uid}, SteadyTime{1h} + 300s);
  };
  CHECK(growth_of("", "1")->per_second == Approx(1.0));
  CHECK(growth_of("", "2")->per_second == Approx(2.0));
  CHECK_FALSE(growth_of("_other", "_other"));
  CHECK_FALSE(growth_of("", "3"));
}

TEST_CASE("no more pools are remembered than twice the limit", "[attribution]") {
  PoolHistory history(1h, 5);
  std::vector<CurrentPool> pools;
  for (int uid = 0; uid < 50; ++uid) {
    pools.push_back({.resource = ResourceId::kInotifyWatches,
                     .userns = "initial",
                     .uid = std::to_string(uid),
                     .used = 3});
  }
  for (int i = 0; i < 300; ++i) history.note(pools, SteadyTime{1h} + std::chrono::seconds(i));
  int known = 0;
  for (const CurrentPool& pool : pools) {
    const auto growth =
        history.growth({pool.resource, pool.userns, pool.uid}, SteadyTime{1h} + 300s);
    known += growth ? 1 : 0;
  }
  CHECK(known == 10);
}

TEST_CASE("another window keeps what is known within it", "[attribution]") {
  Rig rig;
  rig.watch(1h, [](int at) { return 2U * static_cast<unsigned>(at); });
  rig.history.configure(24h, 100);
  rig.read(7200);
  REQUIRE(rig.growth());
  CHECK(rig.growth()->per_second == Approx(2.0).epsilon(0.01));
  CHECK(rig.growth()->over >= 59min);

  rig.history.configure(10min, 100);
  rig.watch(10min, [](int at) { return 7200U + 5U * static_cast<unsigned>(at); });
  CHECK(rig.growth()->per_second == Approx(5.0).epsilon(0.01));
  CHECK(rig.growth()->over <= 10min);
}
