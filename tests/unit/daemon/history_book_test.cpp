#include "daemon/history_book.hpp"

#include <catch2/catch.hpp>

#include "fake_clock.hpp"

using namespace kcommons;
using namespace kcommons::daemon;
using namespace std::chrono_literals;
using catalogue::ResourceId;

TEST_CASE("history has pools with the holders of each", "[daemon]") {
  test::FakeClock clock;
  HistoryBook book(1h, 100, clock);
  attribution::Snapshot snapshot;
  snapshot.holders.push_back({.unit = "ssh.service"});
  snapshot.pools.push_back({.resource = ResourceId::kOpenFiles,
                            .used_at_census = 60,
                            .limit = catalogue::Limit{100},
                            .holdings = {{.holder = 0, .used = 40}}});
  book.note({{.resource = ResourceId::kOpenFiles, .used = 60},
             {.resource = ResourceId::kPtys, .used = 3}},
            clock.steady());
  book.note(snapshot);
  const auto uses = book.uses();
  REQUIRE(uses.size() == 2);
  CHECK(uses[0].points.at(0).used == 60);
  REQUIRE(uses[0].holders.size() == 1);
  CHECK(uses[0].holders[0].name == "ssh.service");
  CHECK(uses[0].holders[0].points.at(0).at == clock.wall());
  CHECK(uses[1].holders.empty());
  CHECK(book.use({.resource = ResourceId::kPtys})->points.at(0).used == 3);
  CHECK_FALSE(book.use({.resource = ResourceId::kKeys}));
  book.configure(2h, 100);
  CHECK(book.window() == 2h);
  CHECK(book.uses().size() == 2);
}
