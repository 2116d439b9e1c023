#include "daemon/deadline.hpp"

#include <catch2/catch.hpp>
#include <future>

using namespace kcommons::daemon;
using namespace std::chrono_literals;

TEST_CASE("what takes longer than its time is told", "[daemon]") {
  std::promise<void> missed;
  Deadline deadline;
  REQUIRE(deadline.begin(1ms, [&missed] { missed.set_value(); }));
  CHECK(missed.get_future().wait_for(30s) == std::future_status::ready);
}

TEST_CASE("what ends in time is not waited for", "[daemon]") {
  bool missed = false;
  const auto begun = std::chrono::steady_clock::now();
  {
    Deadline deadline;
    REQUIRE(deadline.begin(1h, [&missed] { missed = true; }));
  }
  CHECK_FALSE(missed);
  CHECK(std::chrono::steady_clock::now() - begun < 30s);
}
