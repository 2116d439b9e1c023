#include "http/query.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "http/percent.hpp"

using namespace kcommons::http;

namespace {

constexpr std::array<std::string_view, 2> kKnown{"warn", "crit"};

std::string mistake(std::string_view query) {
  const auto parsed = parse_query(query, kKnown);
  return parsed ? "none" : parsed.error().message();
}

}  // namespace

TEST_CASE("a query is a map of what is known", "[http]") {
  CHECK(parse_query("", kKnown)->empty());
  const auto query = parse_query("warn=70&crit=9%30+%2B%26&", kKnown);
  CHECK_FALSE(query);  // an empty part is a mistake
  const auto good = parse_query("warn=70&cr%69t=9%30+%2b%26=%00", kKnown);
  REQUIRE(good);
  CHECK(good->at("warn") == "70");
  CHECK(good->at("crit") == std::string("90 +&=\0", 7));
  CHECK(parse_query("warn=", kKnown)->at("warn").empty());
}

TEST_CASE("what a query may not have is named", "[http]") {
  CHECK(mistake("wran=70") == "query: \"wran\" is no parameter, expected warn, crit");
  CHECK(mistake("warn=1&warn=2") == "query: \"warn\" twice, expected it once");
  CHECK(mistake("warn") == "query: \"warn\", expected warn=value");
  CHECK(mistake("&") == "query: \"\" is no parameter, expected warn, crit");
  CHECK(mistake("=1") == "query: \"\" is no parameter, expected warn, crit");
  CHECK(mistake("warn=%") == "query: \"warn=%\", expected %XX where a % stands");
  CHECK(mistake("warn=%4") == "query: \"warn=%4\", expected %XX where a % stands");
  CHECK(mistake("warn=%-1") == "query: \"warn=%-1\", expected %XX where a % stands");
  CHECK(mistake("%1b[2J=1") == "query: \"\\x1b[2J\" is no parameter, expected warn, crit");
  CHECK(mistake(std::string(100'000, 'x')).size() < 200);
}

TEST_CASE("no query breaks the parser", "[http]") {
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  const std::string alphabet("warncit=&%+0aF\0\xff;", 17);
  for (int round = 0; round < 20'000; ++round) {
    std::string query;
    for (auto left = random() % 40; left > 0; --left) query += alphabet[random() % alphabet.size()];
    const auto parsed = parse_query(query, kKnown);
    if (!parsed) CHECK_FALSE(parsed.error().message().empty());
  }
}

TEST_CASE("percent-encoding is taken off once", "[http]") {
  CHECK(percent_decoded("a%2525%C3%bc+") == "a%25\xC3\xBC+");
  CHECK(percent_decoded("") == "");
  CHECK_FALSE(percent_decoded("%g0"));
  CHECK_FALSE(percent_decoded("%+1"));
}
