#include "incidents/tracker.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "fake_clock.hpp"

using namespace kcommons;
using namespace kcommons::incidents;
using namespace std::chrono_literals;
using attribution::CurrentPool;
using attribution::Snapshot;
using catalogue::Limit;
using catalogue::ResourceId;
using Kind = Event::Kind;

namespace {

CurrentPool watches(std::optional<std::uint64_t> used, std::optional<Limit> limit = Limit{100},
                    const std::string& uid = "7") {
  return {.resource = ResourceId::kInotifyWatches,
          .userns = "initial",
          .uid = uid,
          .used = used,
          .limit = limit};
}

CurrentPool files(std::optional<std::uint64_t> used, std::optional<Limit> limit = Limit{100}) {
  return {.resource = ResourceId::kOpenFiles, .used = used, .limit = limit};
}

Tracker::Options options() {
  return {.clear_after = 60s, .patience = 60s, .holders = 2, .boot_id = "boot"};
}

struct Rig {
  test::FakeClock clock;
  Tracker tracker{options(), 5};
  Snapshot snapshot;
  std::optional<attribution::Growth> growth;
  Events last;

  Rig() { snapshot.taken_at = clock.wall(); }

  [[nodiscard]] Tracker::Now now() const {
    return {.steady = clock.steady(), .wall = clock.wall()};
  }

  // The kinds of what came of it.
  std::vector<Kind> look(const std::vector<CurrentPool>& pools, std::chrono::seconds after = 1s) {
    clock.advance(after);
    last = tracker.look(
        pools, &snapshot, [this](const attribution::PoolKey&) { return growth; }, now());
    return kinds();
  }
  // A census, in which two containers and a unit have so many of user 7's watches.
  std::vector<Kind> census(std::uint64_t first, std::uint64_t second, std::uint64_t unit) {
    snapshot = {};
    snapshot.taken_at = clock.wall();
    for (const auto* const name : {"web", "db"}) {
      attribution::Holder holder{.kind = attribution::Holder::Kind::kContainer};
      holder.container_id = std::string(64, name[0]);
      holder.container = name;
      snapshot.holders.push_back(holder);
    }
    snapshot.holders.push_back({.unit = "sshd.service"});
    snapshot.pools.push_back({.resource = ResourceId::kInotifyWatches,
                              .userns = "initial",
                              .uid = "7",
                              .used_at_census = first + second + unit,
                              .limit = Limit{100},
                              .holdings = {{.holder = 0, .used = first},
                                           {.holder = 1, .used = second},
                                           {.holder = 2, .used = unit}},
                              .neighbours = {2, 0, 1},
                              .container_neighbours = 2,
                              .host_neighbours = 1});
    last = tracker.census(snapshot);
    return kinds();
  }
  [[nodiscard]] std::vector<Kind> kinds() const {
    std::vector<Kind> out;
    for (const Event& event : last) out.push_back(event.kind);
    return out;
  }
  [[nodiscard]] const Incident& incident() const {
    REQUIRE_FALSE(last.empty());
    return *last.back().incident;
  }
  // How many events came of so many looks, a second apart.
  std::size_t events_of(int looks, const std::function<CurrentPool(int)>& pool) {
    std::size_t events = 0;
    for (int i = 0; i < looks; ++i) events += look({pool(i)}).size();
    return events;
  }
};

using Kinds = std::vector<Kind>;
const Kinds kNothing;

}  // namespace

TEST_CASE("an incident begins at the threshold and ends below the lower mark", "[incidents]") {
  Rig rig;
  CHECK(rig.look({watches(89)}) == kNothing);
  CHECK(rig.look({watches(90)}) == Kinds{Kind::kBegan});
  const WallTime began = rig.clock.wall();
  CHECK(rig.incident().id == 5);
  CHECK(rig.incident().state == State::kOpen);
  CHECK(rig.incident().resource == ResourceId::kInotifyWatches);
  CHECK(rig.incident().userns == "initial");
  CHECK(rig.incident().uid == "7");
  CHECK(rig.incident().began_at == began);
  CHECK(rig.incident().boot_id == "boot");
  CHECK(rig.look({watches(97)}, 10s) == kNothing);
  CHECK(rig.look({watches(80)}, 10s) == kNothing);  // not below it
  CHECK(rig.look({watches(79)}, 10s) == kNothing);  // but is it to last?
  const WallTime fell = rig.clock.wall();
  CHECK(rig.look({watches(10)}, 59s) == kNothing);
  CHECK(rig.look({watches(10)}, 1s) == Kinds{Kind::kEnded});
  CHECK(rig.incident().id == 5);
  CHECK(rig.incident().state == State::kEnded);
  CHECK(rig.incident().ended_at == fell);
  CHECK(rig.incident().ended_by == EndedBy::kUse);
  CHECK(rig.incident().lasted == 30s);
  CHECK(rig.incident().peak == 97);
  CHECK(rig.incident().limit == 100);
  CHECK(rig.incident().used == 79);
  CHECK_FALSE(rig.incident().full_at);
  CHECK(rig.tracker.open().empty());
  CHECK(rig.look({watches(95)}) == Kinds{Kind::kBegan});
  CHECK(rig.incident().id == 6);
}

TEST_CASE("a pool between the marks begins and ends nothing", "[incidents]") {
  Rig rig;
  CHECK(rig.events_of(100, [](int i) { return watches(80 + i % 10); }) == 0);
  rig.look({watches(90)});
  CHECK(rig.events_of(100, [](int i) { return watches(80 + i % 20); }) == 0);
  CHECK(rig.tracker.open().size() == 1);
}

TEST_CASE("a pool that flaps is one incident", "[incidents]") {
  Rig rig;
  // Ten minutes, up and down every two seconds.
  CHECK(rig.events_of(600, [](int i) { return watches(i % 2 == 0 ? 95 : 5); }) == 1);
  REQUIRE(rig.tracker.open().size() == 1);
  CHECK(rig.tracker.open()[0]->crossings == 300);
  CHECK(rig.look({watches(5)}, 60s) == Kinds{Kind::kEnded});
  CHECK(rig.incident().lasted == 599s);  // it began with the first look and fell with the last
}

TEST_CASE("the first time that there is no more is told once", "[incidents]") {
  Rig rig;
  rig.look({files(95)});
  CHECK(rig.look({files(100)}) == Kinds{Kind::kFilled});
  const WallTime full = rig.clock.wall();
  CHECK(rig.look({files(96)}) == kNothing);
  CHECK(rig.look({files(140)}) == kNothing);  // CAP_SYS_ADMIN passes file-max
  CHECK(rig.tracker.open()[0]->full_at == full);
  CHECK(rig.tracker.open()[0]->peak == 140);
  Rig at_once;
  CHECK(at_once.look({files(100)}) == Kinds{Kind::kBegan});
  CHECK(at_once.incident().full_at == at_once.clock.wall());
}

TEST_CASE("an incident begins with the last census and is told again with the next",
          "[incidents]") {
  Rig rig;
  CHECK(rig.census(10, 5, 1) == kNothing);
  rig.clock.advance(8s);
  rig.growth = attribution::Growth{.per_second = 2, .over = 60s};
  CHECK(rig.look({watches(90)}) == Kinds{Kind::kBegan});
  REQUIRE(rig.incident().census);
  CHECK(rig.incident().census->used == 16);
  CHECK(rig.incident().began_at - rig.incident().census->taken_at == 9s);
  CHECK(rig.incident().full_in == 5s);
  CHECK(rig.census(70, 20, 5) == Kinds{Kind::kTold});
  const auto& census = *rig.incident().census;
  CHECK(census.used == 95);
  REQUIRE(census.holders.size() == 2);
  CHECK(census.holders[0].name == "web");
  CHECK(census.holders[0].is_container);
  CHECK(census.holders[0].container_id == std::string(64, 'w'));
  CHECK(census.holders[0].used == 70);
  CHECK(census.holders[0].share == Approx(70.0 / 95));
  CHECK(census.more_holders == 1);
  CHECK(census.more_used == 5);
  CHECK(census.container_neighbours == 2);
  CHECK(census.host_neighbours == 1);
  CHECK(census.neighbours == std::vector<std::string>{"web", "db", "sshd.service"});
}

TEST_CASE("later censuses are kept where they are fuller and told when it is full", "[incidents]") {
  Rig rig;
  rig.look({watches(90)});
  CHECK_FALSE(rig.incident().census);
  CHECK(rig.census(80, 10, 2) == Kinds{Kind::kTold});
  CHECK(rig.census(80, 10, 5) == kNothing);
  CHECK(rig.tracker.open()[0]->census->used == 95);
  CHECK(rig.census(60, 10, 5) == kNothing);
  CHECK(rig.tracker.open()[0]->census->used == 95);
  CHECK(rig.look({watches(100)}) == Kinds{Kind::kFilled});
  CHECK(rig.census(80, 10, 10) == Kinds{Kind::kTold});
  // When it is nearly over, others have it.
  rig.look({watches(10)});
  CHECK(rig.census(1, 100, 5) == kNothing);
  CHECK(rig.look({watches(10)}, 60s) == Kinds{Kind::kEnded});
  CHECK(rig.incident().census->holders[0].used == 80);
}

TEST_CASE("a burst that is over before the first census is told with it", "[incidents]") {
  Rig rig;
  rig.look({watches(95)});
  rig.look({watches(5)});
  CHECK(rig.census(3, 1, 1) == Kinds{Kind::kTold});
}

TEST_CASE("a limit of 0 with nothing used is no incident and with something it is", "[incidents]") {
  Rig rig;
  CHECK(rig.look({watches(0, Limit{0})}) == kNothing);
  CHECK(rig.look({watches(1, Limit{0})}) == Kinds{Kind::kBegan});
  CHECK(rig.incident().full_at);
}

TEST_CASE("a limit that is lowered below what is used begins an incident", "[incidents]") {
  Rig rig;
  CHECK(rig.look({files(50)}) == kNothing);
  CHECK(rig.look({files(50, Limit{20})}) == Kinds{Kind::kBegan});
  CHECK(rig.incident().limit == 20);
  CHECK(rig.look({files(50, Limit{0})}) == kNothing);
}

TEST_CASE("a higher limit and no limit end an incident by that", "[incidents]") {
  const auto limit = GENERATE(as<Limit>{}, Limit{4096}, Limit{std::nullopt});
  Rig rig;
  rig.look({watches(100)});
  rig.look({watches(120, limit)});
  CHECK(rig.look({watches(300, limit)}, 60s) == Kinds{Kind::kEnded});
  CHECK(rig.incident().ended_by == EndedBy::kLimit);
  CHECK(rig.incident().limit == 100);  // that it ran against
  CHECK(rig.incident().peak == 100);
}

TEST_CASE("what is not known has neither risen nor fallen", "[incidents]") {
  Rig rig;
  CHECK(rig.look({files(std::nullopt), watches(99, std::nullopt)}) == kNothing);
  rig.look({files(95)});
  CHECK(rig.look({files(std::nullopt)}, 59s) == kNothing);
  CHECK(rig.look({files(95)}) == kNothing);
  CHECK(rig.look({files(95, std::nullopt)}, 59s) == kNothing);
  CHECK(rig.look({}, 59s) == kNothing);  // for a second longer than that it is not known
  const WallTime unread = rig.clock.wall() - 59s;
  CHECK(rig.look({}, 1s) == Kinds{Kind::kEnded});
  CHECK(rig.incident().ended_by == EndedBy::kGone);
  CHECK(rig.incident().ended_at == unread);
}

TEST_CASE("a pool of a user or an object that nobody has any more has fallen", "[incidents]") {
  Rig rig;
  CurrentPool pool = watches(100);
  SECTION("a user's") {}
  SECTION("a queue") {
    pool.resource = ResourceId::kInotifyQueuedEvents;
    pool.userns = pool.uid = "";
  }
  rig.look({pool});
  rig.look({});
  const WallTime gone = rig.clock.wall();
  CHECK(rig.look({}, 60s) == Kinds{Kind::kEnded});
  CHECK(rig.incident().ended_by == EndedBy::kUse);
  CHECK(rig.incident().ended_at == gone);
}

TEST_CASE("the packet backlog and what is cut have no incidents", "[incidents]") {
  Rig rig;
  CurrentPool backlog{.resource = ResourceId::kPacketBacklog, .used = 1000, .limit = Limit{1000}};
  CHECK(rig.look({backlog, watches(100, Limit{100}, std::string(attribution::kOther))}) ==
        kNothing);
}

TEST_CASE("no more are open at once than may be", "[incidents]") {
  test::FakeClock clock;
  Tracker::Options few = options();
  few.most_open = 2;
  Tracker tracker(few, 1);
  const auto look = [&](const std::vector<CurrentPool>& pools) {
    clock.advance(1s);
    return tracker
        .look(pools, nullptr, [](const auto&) { return std::nullopt; },
              {.steady = clock.steady(), .wall = clock.wall()})
        .size();
  };
  const auto full = [](const char* uid) { return watches(100, Limit{100}, uid); };
  CHECK(look({full("1"), full("2"), full("3")}) == 2);
  CHECK(tracker.is_full());
  CHECK(look({full("1"), full("2")}) == 0);
  CHECK_FALSE(tracker.is_full());
}

TEST_CASE("one that was open goes on where the pool is still near its limit", "[incidents]") {
  Rig rig;
  Incident open{.id = 3,
                .resource = ResourceId::kInotifyWatches,
                .userns = "initial",
                .uid = "7",
                .began_at = rig.clock.wall() - 1h,
                .peak = 99,
                .limit = 100,
                .boot_id = "boot"};
  CHECK(rig.tracker.adopt(open, rig.now()));
  CHECK_FALSE(rig.tracker.adopt(open, rig.now()));
  const auto used = GENERATE(as<std::uint64_t>{}, 85, 95);
  CHECK(rig.look({watches(used)}) == Kinds{Kind::kResumed});
  CHECK(rig.incident().id == 3);
  CHECK(rig.incident().interruptions == 1);
  CHECK(rig.look({watches(95)}) == kNothing);
  rig.look({watches(10)});
  CHECK(rig.look({watches(10)}, 60s) == Kinds{Kind::kEnded});
  CHECK(rig.incident().lasted == 1h + 3s);
  CHECK(rig.incident().peak == 99);
}

TEST_CASE("one that was open and is over is interrupted", "[incidents]") {
  Rig rig;
  Incident open{.id = 3,
                .resource = ResourceId::kInotifyWatches,
                .userns = "initial",
                .uid = "7",
                .began_at = rig.clock.wall() - 1h,
                .limit = 100,
                .boot_id = "boot"};
  SECTION("below the mark") {
    REQUIRE(rig.tracker.adopt(open, rig.now()));
    CHECK(rig.look({watches(79)}) == Kinds{Kind::kInterrupted});
  }
  SECTION("gone") {
    REQUIRE(rig.tracker.adopt(open, rig.now()));
    CHECK(rig.look({}) == Kinds{Kind::kInterrupted});
  }
  SECTION("of another boot and full again") {
    open.boot_id = GENERATE("earlier", "");
    REQUIRE(rig.tracker.adopt(open, rig.now()));
    CHECK(rig.look({watches(99)}) == Kinds{Kind::kInterrupted});
    CHECK(rig.look({watches(99)}) == Kinds{Kind::kBegan});
  }
  SECTION("not read for a while") {
    open.resource = ResourceId::kOpenFiles;
    open.userns = open.uid = "";
    REQUIRE(rig.tracker.adopt(open, rig.now()));
    CHECK(rig.look({}) == kNothing);
    CHECK(rig.look({}, 59s) == kNothing);
    CHECK(rig.look({}, 1s) == Kinds{Kind::kInterrupted});
  }
  if (rig.last[0].kind == Kind::kInterrupted) {
    CHECK(rig.incident().state == State::kInterrupted);
    CHECK_FALSE(rig.incident().ended_at);
  }
}

TEST_CASE("whether a user's pool is over is not known before the first census", "[incidents]") {
  test::FakeClock clock;
  Tracker tracker(options(), 1);
  REQUIRE(tracker.adopt({.id = 3,
                         .resource = ResourceId::kInotifyWatches,
                         .userns = "initial",
                         .uid = "7",
                         .boot_id = "boot"},
                        {.steady = clock.steady(), .wall = clock.wall()}));
  const auto look = [&](const Snapshot* snapshot) {
    return tracker.look({}, snapshot, [](const auto&) { return std::nullopt; },
                        {.steady = clock.steady(), .wall = clock.wall()});
  };
  CHECK(look(nullptr).empty());
  const Snapshot first;
  CHECK(look(&first).size() == 1);
}
