#include "attribution/pool_peaks.hpp"

#include <catch2/catch.hpp>

using namespace kcommons;
using namespace kcommons::attribution;
using namespace std::chrono_literals;
using catalogue::ResourceId;

namespace {

const SteadyTime kStart{1h};

std::vector<CurrentPool> files(std::optional<std::uint64_t> used) {
  return {{.resource = ResourceId::kOpenFiles, .used = used}};
}

std::optional<std::uint64_t> peak_at(PoolPeaks& peaks, std::chrono::seconds at,
                                     std::optional<std::uint64_t> used) {
  auto pools = files(used);
  peaks.update(pools, kStart + at);
  return pools.at(0).peak;
}

}  // namespace

TEST_CASE("a peak stays for the window and then gives way to the next highest", "[attribution]") {
  PoolPeaks peaks(10s, 100);
  CHECK(peak_at(peaks, 0s, 5) == 5);
  CHECK(peak_at(peaks, 1s, 90) == 90);
  CHECK(peak_at(peaks, 2s, 40) == 90);
  CHECK(peak_at(peaks, 3s, 20) == 90);
  CHECK(peak_at(peaks, 11s, 1) == 90);
  CHECK(peak_at(peaks, 12s, 1) == 40);
  CHECK(peak_at(peaks, 13s, 1) == 20);
  CHECK(peak_at(peaks, 30s, 1) == 1);
}

TEST_CASE("a use that was not read is no peak", "[attribution]") {
  PoolPeaks peaks(10s, 100);
  CHECK_FALSE(peak_at(peaks, 0s, std::nullopt));
  CHECK(peak_at(peaks, 1s, 7) == 7);
  CHECK(peak_at(peaks, 2s, std::nullopt) == 7);
}

TEST_CASE("a pool that is gone keeps its peak within the window", "[attribution]") {
  PoolPeaks peaks(10s, 100);
  peak_at(peaks, 0s, 50);
  std::vector<CurrentPool> none;
  peaks.update(none, kStart + 5s);
  REQUIRE(none.size() == 1);
  CHECK(none[0].peak == 50);
  CHECK_FALSE(none[0].used);
  none.clear();
  peaks.update(none, kStart + 11s);
  CHECK(none.empty());
}

TEST_CASE("pools that come and go are not remembered without end", "[attribution]") {
  PoolPeaks peaks(1h, 5);
  std::vector<CurrentPool> last;
  for (int i = 0; i < 100; ++i) {
    last = {{.resource = ResourceId::kInotifyWatches,
             .userns = std::to_string(i),
             .uid = "0",
             .used = 3}};
    peaks.update(last, kStart + std::chrono::seconds(i));
  }
  CHECK(last.front().peak == 3);
  CHECK(last.size() <= 11);
}

TEST_CASE("another window holds from now on", "[attribution]") {
  PoolPeaks peaks(10s, 100);
  CHECK(peak_at(peaks, 0s, 90) == 90);
  CHECK(peak_at(peaks, 5s, 50) == 90);
  peaks.configure(60s, 100);
  CHECK(peak_at(peaks, 59s, 1) == 90);
  peaks.configure(5s, 100);
  CHECK(peak_at(peaks, 61s, 0) == 1);
}
