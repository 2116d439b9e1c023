#include "identity/json.hpp"

#include <catch2/catch.hpp>

#include "identity/facts.hpp"

using namespace kcommons;
using namespace kcommons::identity;

TEST_CASE("JSON that is nested without end is read without harm", "[identity]") {
  constexpr std::size_t kDeep = 400000;
  for (const std::string& deep :
       {std::string(kDeep, '['), std::string(kDeep, '[') + std::string(kDeep, ']'),
        R"({"a": "x", "b": )" + std::string(kDeep, '[') + std::string(kDeep, ']') + "}"}) {
    const auto json = parse_json(deep, "parse");
    if (json && json->is_object()) CHECK(text_at(*json, {"a"}) == "x");
  }
  std::string objects;
  for (std::size_t i = 0; i < kDeep / 8; ++i) objects += R"({"a":)";
  CHECK_FALSE(parse_json(objects, "parse"));
}

TEST_CASE("text that is no JSON is an error that says what it was", "[identity]") {
  for (const std::string& broken :
       {std::string(), std::string("{"), std::string("{\"a\": \"\xff\"}"), std::string("{} {}"),
        std::string("nul"), std::string("\0", 1)}) {
    const auto json = parse_json(broken, "parse the test");
    REQUIRE_FALSE(json);
    CHECK(json.error().kind() == ErrorKind::kMalformed);
    CHECK(json.error().message().starts_with("parse the test"));
  }
}

TEST_CASE("paths of keys lead to values of the type that is asked for", "[identity]") {
  const auto json =
      parse_json(R"({"a": {"b": "text", "n": 5, "m": -5, "f": 1.5}, "l": ["x"]})", "parse");
  REQUIRE(json);
  CHECK(text_at(*json, {"a", "b"}) == "text");
  CHECK(text_at(*json, {"a", "n"}).empty());
  CHECK(text_at(*json, {"a", "b", "c"}).empty());
  CHECK(text_at(*json, {"l", "0"}).empty());
  CHECK(number_at(*json, {"a", "n"}) == 5U);
  CHECK_FALSE(number_at(*json, {"a", "m"}));
  CHECK_FALSE(number_at(*json, {"a", "f"}));
  CHECK(texts_at(*json, {"a"}) == std::map<std::string, std::string>{{"b", "text"}});
  CHECK(texts_at(*json, {"l"}).empty());
}

TEST_CASE("what one source says is completed by the next and not changed", "[identity]") {
  Facts facts;
  facts.container = "first";
  facts.init = Pid(1);
  Facts more;
  more.container = "second";
  more.image = "image";
  more.init = Pid(2);
  more.init_start_time = 7;
  complete(facts, more);
  CHECK(facts.container == "first");
  CHECK(facts.image == "image");
  CHECK(facts.init == Pid(1));
  CHECK_FALSE(facts.init_start_time);
}
