// What top_json() writes is read back whole; what anybody else writes breaks nothing.
#include "report/top_parse.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "report/json.hpp"
#include "report/top_json.hpp"
#include "report/top_table.hpp"
#include "top_sample.hpp"

using namespace kcommons;
using namespace kcommons::report;
using namespace kcommons::report::test;
using attribution::By;

namespace {

constexpr std::array kAllBy{By::kContainer, By::kUid, By::kUnit, By::kProcess, By::kPod};

// With rows cut, names of processes and what is unattributed.
Top rich_top(By by, std::size_t most = 0) {
  Top top = top_of(busy_host(), {.by = by});
  top.warnings.push_back("threads that cannot be seen: 3");
  limit_rows(top, most);
  for (TopWho& who : top.who) {
    if (who.pid && who.pid->value() % 2 == 0) who.command = "nginx";
  }
  return top;
}

Json good() {
  return Json::parse(top_json(rich_top(By::kProcess, 7)));
}

std::string mistake(const Json& json) {
  const auto top = parse_top_json(json.dump());
  return top ? "none" : top.error().message();
}

std::string summary_of(Top top) {
  const auto summary = summarize(top, std::nullopt, false, 0);
  return summary_table(top, summary, Detail::kWide, {});
}

}  // namespace

TEST_CASE("who holds what is the same after it went through JSON", "[report]") {
  for (const By by : kAllBy) {
    const std::size_t most = GENERATE(0U, 3U);
    const Top top = rich_top(by, most);
    const std::string json = top_json(top);
    auto back = parse_top_json(json);
    if (!back) FAIL(back.error().message());
    CHECK(top_json(*back) == json);
    CHECK(back->rows_cut == top.rows_cut);
    for (const Detail detail : {Detail::kTable, Detail::kWide}) {
      CHECK(top_table(*back, detail, {.columns = 80}) == top_table(top, detail, {.columns = 80}));
    }
    CHECK(summary_of(*back) == summary_of(top));
  }
}

TEST_CASE("causes outlive the text that they were read from", "[report]") {
  std::string json = top_json(rich_top(By::kContainer));
  const auto back = parse_top_json(json);
  REQUIRE(back);
  json.assign(json.size(), 'x');
  bool found = false;
  for (const TopPool& pool : back->pools) {
    for (const TopUnattributed& part : pool.unattributed) {
      found |= part.cause == "loop_devices" && part.amount == 3;
    }
  }
  CHECK(found);
}

TEST_CASE("hostile names are text after they went through JSON", "[report]") {
  const Top top = top_of(busy_host("\x1b[31m|`<b>\n\xff"), {.by = By::kContainer});
  const auto back = parse_top_json(top_json(top));
  REQUIRE(back);
  for (const TopWho& who : back->who) {
    for (const std::string& text : {who.name, who.unit, who.container_id, who.pod}) {
      CHECK(text.find_first_of("\x1b\n") == std::string::npos);
    }
  }
}

TEST_CASE("what is missing of top is named", "[report]") {
  const Json whole = good();
  for (const std::string place : {"", "/pools/0", "/pools/0/shown", "/pools/0/more", "/rows/0",
                                  "/rows/0/who", "/pools/0/unattributed/0"}) {
    const Json inner = whole.at(Json::json_pointer(place));
    for (const auto& item : inner.items()) {
      Json json = whole;
      json.at(Json::json_pointer(place)).erase(item.key());
      CAPTURE(place);
      CHECK_THAT(mistake(json), Catch::Contains(item.key() + ": missing, expected "));
    }
  }
}

TEST_CASE("what of top has another type breaks nothing", "[report]") {
  const Json wrong = GENERATE(Json(-1), Json(1.5), Json("x"), Json(true), Json::array({1}),
                              Json{{"a", 1}}, Json(nullptr), Json(18446744073709551615ULL));
  const Json document = good().flatten();
  for (const auto& item : document.items()) {
    Json json = good();
    json.at(Json::json_pointer(item.key())) = wrong;
    const auto top = parse_top_json(json.dump());
    if (!top) CHECK_THAT(top.error().message(), Catch::Contains(", expected "));
  }
}

TEST_CASE("what of top contradicts itself is refused", "[report]") {
  struct Row {
    std::string pointer;
    Json value;
    std::string message;
  };
  const Row row = GENERATE(values<Row>({
      {"/schema_version", 2, "schema_version: 2, expected 1"},
      {"/by", "tea", "by: \"tea\", expected one of container, uid, unit, process, pod"},
      {"/pools/0/resource", "tea",
       "pools[0].resource: \"tea\", expected a resource that this kcommons knows"},
      {"/pools/0/unlimited", true, "pools[0].pool_limit: 2000, expected null, as it is unlimited"},
      {"/pools/1", good()["pools"][0],
       "pools[1].resource: the same pool as another, expected each pool once"},
      {"/pools/0/unattributed/0/used", 18446744073709551615ULL,
       "pools[0].unattributed[0].used: 18446744073709551615, expected a whole number"},
      {"/rows/0/uid", "4711", "rows[0].resource: a pool that is not there, expected one of pools"},
      {"/rows/0/share", -0.5, "rows[0].share: -0.5, expected no negative number"},
      {"/rows/0/who/kind", "\x1b",
       "rows[0].who.kind: \"\\x1b\", expected one of container, "
       "host, user, unit, pod, process"},
      {"/rows/0/who/pid", 4294967296, "rows[0].who.pid: 4294967296, expected at most 2147483647"},
      {"/unused", Json::array({"tea"}),
       "unused: \"tea\", expected a resource that this kcommons knows"},
  }));
  Json json = good();
  if (row.pointer == "/pools/0/unlimited") json["pools"][0]["pool_limit"] = 2000;
  json.at(Json::json_pointer(row.pointer)) = row.value;
  CHECK(mistake(json) == row.message);
}

TEST_CASE("rows that got lost on the way are missed", "[report]") {
  Json json = good();
  json["rows"].erase(0);
  CHECK_THAT(mistake(json),
             Catch::Contains("].shown: ") && Catch::Contains(", as the rows have it"));
}

TEST_CASE("damaged JSON of top breaks nothing", "[report]") {
  const std::string whole = top_json(rich_top(By::kProcess));
  std::minstd_rand random(7);
  for (int i = 0; i < 300; ++i) {
    std::string damaged = whole;
    for (int hits = 0; hits < 3; ++hits) {
      damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
    }
    const auto top = parse_top_json(damaged.substr(0, damaged.size() - random() % 2));
    if (top) CHECK_FALSE(top_json(*top).empty());
  }
}
