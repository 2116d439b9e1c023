#include "census/cadence.hpp"

#include <catch2/catch.hpp>

using namespace kcommons;
using namespace kcommons::census;
using namespace std::chrono_literals;

namespace {

PoolsReading files(std::uint64_t used, std::optional<std::uint64_t> limit) {
  PoolsReading reading;
  reading.readings[0] = {.used = used, .limit = catalogue::Limit{limit}};
  return reading;
}

const SteadyTime kStart{1h};

}  // namespace

TEST_CASE("both passes are due at once and then each at its interval", "[census]") {
  Cadence cadence({}, kStart);
  CHECK(cadence.due(kStart).pools);
  CHECK(cadence.due(kStart).holdings);
  cadence.pools_done(kStart, nullptr);
  cadence.holdings_done(kStart);
  CHECK_FALSE(cadence.due(kStart + 999ms).pools);
  CHECK(cadence.next() == kStart + 1s);
  CHECK(cadence.due(kStart + 1s).pools);
  CHECK_FALSE(cadence.due(kStart + 1s).holdings);
  CHECK(cadence.due(kStart + 10s).holdings);
}

TEST_CASE("passes that were missed are not made up for", "[census]") {
  Cadence cadence({}, kStart);
  cadence.pools_done(kStart + 90s, nullptr);
  CHECK(cadence.next() == kStart);  // the census is still due
  cadence.holdings_done(kStart + 90s);
  CHECK(cadence.next() == kStart + 91s);
}

TEST_CASE("new intervals hold at once and none makes a pass come later than it was due",
          "[census]") {
  Cadence cadence({}, kStart);
  cadence.pools_done(kStart, nullptr);
  cadence.holdings_done(kStart);
  cadence.configure({.pools_interval = 500ms, .holdings_interval = 60s}, kStart + 100ms);
  CHECK(cadence.next() == kStart + 600ms);
  CHECK(cadence.due(kStart + 10s).holdings);
  cadence.pools_done(kStart + 600ms, nullptr);
  cadence.holdings_done(kStart + 10s);
  CHECK_FALSE(cadence.due(kStart + 69s).holdings);
  CHECK(cadence.due(kStart + 70s).holdings);
}

TEST_CASE("a pool that crosses the threshold or jumps calls for a census", "[census]") {
  Cadence cadence({}, kStart);
  const PoolsReading calm = files(100, 1000);
  cadence.pools_done(kStart, &calm);
  cadence.holdings_done(kStart);

  SECTION("slow growth does not") {
    const PoolsReading next = files(150, 1000);
    cadence.pools_done(kStart + 5s, &next);
    CHECK_FALSE(cadence.due(kStart + 5s).holdings);
  }
  SECTION("a tenth of the limit in one pass does") {
    const PoolsReading next = files(200, 1000);
    cadence.pools_done(kStart + 5s, &next);
    CHECK(cadence.due(kStart + 5s).holdings);
  }
  SECTION("but no sooner than two seconds after the last") {
    const PoolsReading next = files(950, 1000);
    cadence.pools_done(kStart + 1s, &next);
    CHECK_FALSE(cadence.due(kStart + 1s).holdings);
    CHECK(cadence.due(kStart + 2s).holdings);
  }
  SECTION("a pool without a limit never does") {
    const PoolsReading next = files(1'000'000, std::nullopt);
    cadence.pools_done(kStart + 5s, &next);
    CHECK_FALSE(cadence.due(kStart + 5s).holdings);
  }
  SECTION("a limit that is lowered does") {
    const PoolsReading next = files(100, 105);
    cadence.pools_done(kStart + 5s, &next);
    CHECK(cadence.due(kStart + 5s).holdings);
  }
}

TEST_CASE("a user who takes much at once calls for a census", "[census]") {
  const auto charged = [](std::uint64_t used) {
    PoolsReading reading;
    reading.charges.push_back({.resource = catalogue::ResourceId::kInotifyWatches,
                               .user_ns = kInitialUserNs,
                               .uid = Uid(1000),
                               .used = used,
                               .limit = catalogue::Limit{1000}});
    return reading;
  };
  Cadence cadence({}, kStart);
  const PoolsReading nobody;
  const PoolsReading much = charged(500);
  SECTION("not at the first look, when all is new") {
    cadence.holdings_done(kStart);
    cadence.pools_done(kStart + 5s, &much);
    CHECK_FALSE(cadence.due(kStart + 5s).holdings);
  }
  SECTION("but afterwards, though nothing was known of that user") {
    cadence.pools_done(kStart, &nobody);
    cadence.holdings_done(kStart);
    cadence.pools_done(kStart + 5s, &much);
    CHECK(cadence.due(kStart + 5s).holdings);
  }
}

TEST_CASE("a backlog that fills calls for no census", "[census]") {
  Cadence cadence({}, kStart);
  cadence.holdings_done(kStart);
  PoolsReading reading = files(0, 1000);
  cadence.pools_done(kStart, &reading);
  auto& backlog = reading.readings[catalogue::index_of(catalogue::ResourceId::kPacketBacklog)];
  backlog = {.used = 1001, .limit = catalogue::Limit{1000}};
  cadence.pools_done(kStart + 1s, &reading);
  CHECK_FALSE(cadence.due(kStart + 9s).holdings);
}
