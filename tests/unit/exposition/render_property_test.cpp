#include <catch2/catch.hpp>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "exposition/render.hpp"
#include "exposition_checker.hpp"
#include "sample_snapshot.hpp"

using namespace kcommons;
using exposition::render_holdings;
using kcommons::testing::parse_exposition;
using kcommons::testing::random_snapshot;
using kcommons::testing::shuffled;

namespace {

constexpr unsigned kRounds = 150;

using SumByPool = std::map<std::string, double>;

SumByPool sums_of_holdings(const attribution::Snapshot& snapshot) {
  SumByPool sums;
  for (const auto& pool : snapshot.pools) {
    const std::string key(catalogue::resource(pool.resource).name);
    for (const auto& holding : pool.holdings) {
      sums[key + "/" + pool.userns + "/" + pool.uid] += static_cast<double>(holding.used);
    }
  }
  return sums;
}

SumByPool sums_of_samples(const testing::Exposition& parsed) {
  SumByPool sums;
  for (const auto& sample : parsed.samples) {
    if (sample.name != "kcommons_container_used" && sample.name != "kcommons_host_used") continue;
    sums[sample.label("resource") + "/" + sample.label("userns") + "/" + sample.label("uid")] +=
        sample.value;
  }
  return sums;
}

}  // namespace

TEST_CASE("what is served of a pool adds up to its holdings whatever the names", "[exposition]") {
  std::mt19937 random(20261);
  std::size_t merged = 0;
  for (unsigned round = 0; round < kRounds; ++round) {
    const auto snapshot = random_snapshot(random);
    const auto parsed = parse_exposition(render_holdings(snapshot));
    CAPTURE(round);
    REQUIRE(parsed.violations == std::vector<std::string>{});
    REQUIRE(sums_of_samples(parsed) == sums_of_holdings(snapshot));
    std::size_t holdings = 0;
    for (const auto& pool : snapshot.pools) holdings += pool.holdings.size();
    for (const auto& sample : parsed.samples) {
      if (sample.name == "kcommons_container_used" || sample.name == "kcommons_host_used") {
        --holdings;
      }
    }
    merged += holdings;
  }
  // The names do collide, else this would have shown nothing.
  CHECK(merged > kRounds);
}

TEST_CASE("the same facts in another order give the same bytes", "[exposition]") {
  std::mt19937 random(20262);
  for (unsigned round = 0; round < kRounds; ++round) {
    const auto snapshot = random_snapshot(random);
    const std::string text = render_holdings(snapshot);
    CAPTURE(round);
    REQUIRE(render_holdings(shuffled(snapshot, random)) == text);
    REQUIRE(render_holdings(snapshot) == text);
  }
}
