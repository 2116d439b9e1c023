#include "report/growth_text.hpp"

#include <catch2/catch.hpp>

using namespace kcommons::report;
using namespace std::chrono_literals;

TEST_CASE("durations have two units at most and are rounded", "[report]") {
  CHECK(duration_text(0s) == "0 s");
  CHECK(duration_text(59s) == "59 s");
  CHECK(duration_text(60s) == "1 min");
  CHECK(duration_text(12min + 29s) == "12 min");
  CHECK(duration_text(59min + 40s) == "1 h");
  CHECK(duration_text(2h + 10min + 20s) == "2 h 10 min");
  CHECK(duration_text(23h + 59min + 50s) == "1 d");
  CHECK(duration_text(76h + 10min) == "3 d 4 h");
}

TEST_CASE("when a pool is full is told with the rate and the time that was seen", "[report]") {
  CHECK(full_in_text(2h + 10min, {.per_second = 3.14, .over = 59min + 3s}) ==
        "Full in about 2 h 10 min at the rate of the last hour (3.1 a second)");
  CHECK(full_in_text(40s, {.per_second = 250.4, .over = 12min}) ==
        "Full in about 40 s at the rate of the last 12 min (250 a second)");
  CHECK(full_in_text(3h, {.per_second = 0.5, .over = 2h}) ==
        "Full in about 3 h at the rate of the last 2 h (30 a minute)");
  CHECK(full_in_text(100h, {.per_second = 0.001, .over = 50s}) ==
        "Full in about 4 d 4 h at the rate of the last 50 s (3.6 an hour)");
}
