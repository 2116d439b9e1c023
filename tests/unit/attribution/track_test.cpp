#include "attribution/track.hpp"

#include <catch2/catch.hpp>

#include "fake_clock.hpp"

using namespace kcommons;
using namespace kcommons::attribution;
using namespace std::chrono_literals;

namespace {

struct Rig {
  test::FakeClock clock;
  Track track;
  Track::Window window = Track::window_of(1h);

  void note(std::uint64_t used) { track.note(used, clock.steady(), window); }
  [[nodiscard]] std::vector<UsePoint> shown() const {
    return track.shown({.steady = clock.steady(), .wall = clock.wall()}, window);
  }
};

}  // namespace

TEST_CASE("a burst between two points shows in the one before it", "[attribution]") {
  Rig rig;
  rig.note(10);
  rig.clock.advance(20s);
  rig.note(900);
  rig.clock.advance(20s);
  rig.note(20);
  const auto points = rig.shown();
  REQUIRE(points.size() == 2);
  CHECK(points[0].used == 900);
  CHECK(points[1].used == 20);
  CHECK(points[1].at == rig.clock.wall());
  CHECK(points[1].at - points[0].at == 40s);
}

TEST_CASE("a day takes no more points than an hour", "[attribution]") {
  Rig rig;
  for (int i = 0; i < 24 * 360; ++i) {
    rig.note(static_cast<std::uint64_t>(i));
    rig.clock.advance(10s);
  }
  CHECK(rig.track.points().size() <= 61);
  const auto points = rig.shown();
  CHECK(points.size() >= 60);
  CHECK(points.size() <= 62);
  CHECK(rig.clock.wall() - points.front().at <= 1h);
  CHECK(points.back().used == 24 * 360 - 1);
}

TEST_CASE("what is older than the window is not shown, nor is a gap filled", "[attribution]") {
  Rig rig;
  rig.note(1);
  rig.clock.advance(30min);
  rig.note(2);
  CHECK(rig.shown().size() == 2);
  rig.clock.advance(40min);
  REQUIRE(rig.shown().size() == 1);
  CHECK(rig.shown()[0].used == 2);
  rig.clock.advance(40min);
  CHECK(rig.shown().empty());
}

TEST_CASE("in a longer window points are thinned and peaks stay", "[attribution]") {
  Rig rig;
  for (int minute = 0; minute < 60; ++minute) {
    rig.note(minute == 31 ? 5000U : 7U);
    rig.clock.advance(1min);
  }
  rig.window = Track::window_of(10h);
  rig.track.thin(rig.window);
  const auto points = rig.shown();
  CHECK(points.size() <= 8);
  CHECK(std::ranges::count(points, 5000U, &UsePoint::used) == 1);
}
