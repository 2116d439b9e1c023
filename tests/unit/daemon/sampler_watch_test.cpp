#include "daemon/sampler_watch.hpp"

#include <catch2/catch.hpp>

#include "fake_clock.hpp"

using namespace kcommons;
using namespace kcommons::daemon;
using namespace std::chrono_literals;
using census::SamplerProgress;

namespace {

struct Rig {
  test::FakeClock clock;
  SamplerProgress progress{.doing = SamplerProgress::Doing::kWaiting, .last_pass = clock.steady()};
  SamplerWatch watch{[this] { return progress; }, 30s, clock};

  std::string look_after(std::chrono::seconds time) {
    clock.advance(time);
    return watch.look();
  }
  void finish_pass() {
    progress.last_pass = clock.steady();
    progress.doing = SamplerProgress::Doing::kWaiting;
  }
};

}  // namespace

TEST_CASE("a sampler whose passes end is alive", "[daemon]") {
  Rig rig;
  for (int i = 0; i < 100; ++i) {
    CHECK(rig.look_after(10s).empty());
    rig.finish_pass();
  }
}

TEST_CASE("a sampler that shows no sign of life hangs and where is told", "[daemon]") {
  Rig rig;
  rig.progress.doing = SamplerProgress::Doing::kHoldings;
  CHECK(rig.look_after(30s).empty());
  CHECK(rig.look_after(1s) == "the sampler has not finished a pass for 31 s, it is in the census");
  CHECK(rig.look_after(32s) == "the sampler has not finished a pass for 63 s, it is in the census");
  rig.progress.doing = SamplerProgress::Doing::kPools;
  CHECK_THAT(rig.watch.look(), Catch::EndsWith("it is reading the pools"));
  rig.progress.doing = SamplerProgress::Doing::kWaiting;
  CHECK_THAT(rig.watch.look(), Catch::EndsWith("it does not begin the next"));
  rig.finish_pass();
  CHECK(rig.watch.look().empty());
  CHECK(rig.look_after(30s).empty());
  CHECK_FALSE(rig.look_after(1s).empty());
}

TEST_CASE("a census that is merely long uses its processor and does not hang", "[daemon]") {
  Rig rig;
  rig.progress.doing = SamplerProgress::Doing::kHoldings;
  for (int i = 0; i < 100; ++i) {
    rig.progress.cpu += 1us;
    CHECK(rig.look_after(30s).empty());
  }
  CHECK_THAT(rig.look_after(31s), Catch::Contains("for 3031 s"));
}

TEST_CASE("patience may change while it lasts", "[daemon]") {
  Rig rig;
  CHECK(rig.look_after(10s).empty());
  rig.watch.set_patience(5s);
  CHECK_FALSE(rig.watch.look().empty());
  rig.watch.set_patience(20s);
  CHECK(rig.watch.look().empty());
}

TEST_CASE("patience follows the intervals within bounds", "[daemon]") {
  const auto patience = [](std::chrono::milliseconds pools, std::chrono::milliseconds holdings) {
    return patience_for({.pools_interval = pools, .holdings_interval = holdings});
  };
  CHECK(patience(1s, 10s) == 30s);
  CHECK(patience(100ms, 1s) == 5s);
  CHECK(patience(1s, 1h) == 60s);
  CHECK(patience(1min, 1h) == 3min);
}
