#include "exposition/registry.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <thread>

using kcommons::exposition::Registry;

TEST_CASE("an exposition is what was published last in a fixed order", "[exposition]") {
  Registry registry;
  CHECK(registry.exposition().empty());
  registry.publish_holdings("holdings 1\n");
  CHECK(registry.exposition() == "holdings 1\n");
  registry.publish_pools("pools 1\n");
  registry.publish_self("self 1\n");
  CHECK(registry.exposition() == "self 1\npools 1\nholdings 1\n");
  registry.publish_pools("pools 2\n");
  CHECK(registry.exposition() == "self 1\npools 2\nholdings 1\n");
  registry.publish_pools("");
  CHECK(registry.exposition() == "self 1\nholdings 1\n");
}

TEST_CASE("only a census makes the registry ready", "[exposition]") {
  Registry registry;
  registry.publish_self("self 1\n");
  registry.publish_pools("pools 1\n");
  CHECK_FALSE(registry.has_holdings());
  registry.publish_holdings("");
  CHECK(registry.has_holdings());
}

TEST_CASE("scrapes see whole blocks while others are published", "[exposition]") {
  Registry registry;
  const std::string even(5000, 'e');
  const std::string odd(7000, 'o');
  registry.publish_holdings(even);
  std::jthread publisher([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      registry.publish_holdings(odd);
      registry.publish_holdings(even);
    }
  });
  for (int i = 0; i < 200; ++i) {
    const std::string seen = registry.exposition();
    const bool is_whole = seen == even || seen == odd;
    REQUIRE(is_whole);
  }
}
