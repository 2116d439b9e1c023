#include "exposition/registry.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "exposition/gzip.hpp"
#include "joined.hpp"

namespace test = kcommons::test;

using kcommons::exposition::Form;
using kcommons::exposition::Registry;

TEST_CASE("an exposition is what was published last in a fixed order", "[exposition]") {
  Registry registry;
  CHECK(test::joined(registry.exposition()).empty());
  registry.publish_holdings("holdings 1\n");
  CHECK(test::joined(registry.exposition()) == "holdings 1\n");
  registry.publish_pools("pools 1\n");
  registry.publish_self("self 1\n");
  CHECK(test::joined(registry.exposition()) == "self 1\npools 1\nholdings 1\n");
  registry.publish_pools("pools 2\n");
  CHECK(test::joined(registry.exposition()) == "self 1\npools 2\nholdings 1\n");
  registry.publish_pools("");
  CHECK(test::joined(registry.exposition()) == "self 1\nholdings 1\n");
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
    const std::string seen = test::joined(registry.exposition());
    const bool is_whole = seen == even || seen == odd;
    REQUIRE(is_whole);
  }
}

TEST_CASE("other forms are made of the same text and end as they must", "[exposition]") {
  Registry registry;
  registry.publish_self("# HELP a_total A.\n# TYPE a_total counter\na_total 1\n");
  registry.publish_holdings("# HELP b B.\n# TYPE b gauge\nb 2\n");
  const std::string openmetrics =
      "# TYPE a counter\n# HELP a A.\na_total 1\n# TYPE b gauge\n# HELP b B.\nb 2\n# EOF\n";
  for (int i = 0; i < 2; ++i) {
    CHECK(test::joined(registry.exposition({.openmetrics = true, .gzip = false})) == openmetrics);
    CHECK(test::joined(registry.exposition()) ==
          "# HELP a_total A.\n# TYPE a_total counter\na_total 1\n"
          "# HELP b B.\n# TYPE b gauge\nb 2\n");
    CHECK(test::joined(registry.exposition({.openmetrics = false, .gzip = true})) ==
          kcommons::exposition::gzip("# HELP a_total A.\n# TYPE a_total counter\na_total 1\n") +
              kcommons::exposition::gzip("# HELP b B.\n# TYPE b gauge\nb 2\n"));
  }
  CHECK(test::joined(Registry().exposition({.openmetrics = true, .gzip = false})) == "# EOF\n");
}

TEST_CASE("forms of a large block are made once while many ask", "[exposition]") {
  Registry registry;
  std::string text = "# HELP x X.\n# TYPE x gauge\n";
  for (int i = 0; i < 20000; ++i) text += "x{i=\"" + std::to_string(i) + "\"} 1\n";
  std::vector<std::string> seen(8);
  registry.publish_holdings(text);
  {
    std::vector<std::jthread> clients;
    for (std::string& answer : seen) {
      clients.emplace_back(
          [&] { answer = test::joined(registry.exposition({.openmetrics = true, .gzip = true})); });
    }
    registry.publish_holdings(text);
  }
  for (const std::string& answer : seen) CHECK(answer == seen.front());
}
