// What audit_json() writes is read back whole; what anybody else writes breaks nothing.
#include "report/audit_parse.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "audit_sample.hpp"
#include "report/audit_json.hpp"
#include "report/audit_text.hpp"
#include "report/json.hpp"

using namespace kcommons;
using namespace kcommons::report;
using namespace kcommons::report::test;
using namespace std::chrono_literals;
using catalogue::ResourceId;

namespace {

// With all that an audit may have: findings of both severities, growth, what is unlimited, what is
// not read, a runtime's share, warnings.
Audit rich_audit() {
  auto snapshot = snapshot_of(with_charge(ResourceId::kKeys, 33, 150, 200));
  snapshot.taken_at = WallTime(1'790'000'000'123ms);
  snapshot.unseen[static_cast<std::size_t>(census::Unseen::kHidden)] = 3;
  snapshot.failed_reads = 2;
  snapshot.first_failure = "open /proc/7/fd: Permission denied";
  double per_second = -0.1;
  for (attribution::Pool& pool : snapshot.pools) {
    pool.growth = {.per_second = per_second += 0.0625, .over = 3599s};
  }
  snapshot.pools.back().growth.reset();
  snapshot.pools.push_back({.resource = ResourceId::kKeyBytes, .uid = "44"});
  return audit_of(snapshot);
}

Json good() {
  return Json::parse(audit_json(rich_audit()));
}

std::string mistake(const Json& json) {
  const auto audit = parse_audit_json(json.dump());
  return audit ? "none" : audit.error().message();
}

}  // namespace

TEST_CASE("an audit is the same after it went through JSON", "[report]") {
  const auto audit = GENERATE_COPY(
      rich_audit(), audit_of(busy_host()), audit_of(busy_host("\x1b[31m|`<b>\n\xff")),
      audit_of(census::Census{}), audit_of_growing(400, {.per_second = 0.1, .over = 12min}));
  const std::string json = audit_json(audit);
  const auto back = parse_audit_json(json);
  if (!back) FAIL(back.error().message());
  CHECK(audit_json(*back) == json);
  CHECK(back->status == audit.status);
  for (const bool all : {false, true}) {
    CHECK(audit_text(*back, {.all = all}, {.columns = 80}) ==
          audit_text(audit, {.all = all}, {.columns = 80}));
    CHECK(audit_markdown(*back, {.all = all}) == audit_markdown(audit, {.all = all}));
  }
}

TEST_CASE("what is missing is named", "[report]") {
  const Json whole = good();
  for (const auto& item : whole.items()) {
    Json json = whole;
    json.erase(item.key());
    CHECK_THAT(mistake(json), Catch::StartsWith(item.key() + ": missing, expected "));
  }
  for (const std::string place : {"pools/0", "findings/0", "findings/0/advice/0",
                                  "pools/0/neighbours", "pools/0/top_holder"}) {
    const Json inner = whole.at(Json::json_pointer("/" + place));
    for (const auto& item : inner.items()) {
      Json json = whole;
      json.at(Json::json_pointer("/" + place)).erase(item.key());
      CAPTURE(place);
      CHECK_THAT(mistake(json), Catch::Contains("." + item.key() + ": missing, expected "));
    }
  }
}

TEST_CASE("what has another type is named", "[report]") {
  const Json wrong = GENERATE(Json(-1), Json(1.5), Json("x"), Json(true), Json::array({1}),
                              Json{{"a", 1}}, Json(nullptr));
  const Json document = good().flatten();
  for (const auto& item : document.items()) {
    Json json = good();
    Json& place = json.at(Json::json_pointer(item.key()));
    if (place.type() == wrong.type() || (place.is_number() && wrong.is_number())) continue;
    place = wrong;
    const auto audit = parse_audit_json(json.dump());
    CAPTURE(item.key(), wrong.dump());
    // Null is a value of some of them, and 1.5 of those that may be null.
    if (audit) {
      CHECK((wrong.is_null() || wrong.is_number() || document[item.key()].is_null()));
    } else {
      CHECK_THAT(audit.error().message(), Catch::Contains(", expected "));
    }
  }
}

TEST_CASE("what contradicts itself is refused", "[report]") {
  struct Row {
    std::string pointer;
    Json value;
    std::string message;
  };
  const Row row = GENERATE(values<Row>({
      {"/schema_version", 2, "schema_version: 2, expected 1"},
      {"/taken_at", "yesterday",
       "taken_at: \"yesterday\", expected a time such as 2026-01-31T23:59:59.000Z"},
      {"/status", "GREAT", "status: \"GREAT\", expected one of OK, WARNING, CRITICAL, UNKNOWN"},
      {"/pools/0/resource", "tea",
       "pools[0].resource: \"tea\", expected a resource that this kcommons knows"},
      {"/pools/0/used", -5, "pools[0].used: -5, expected a whole number that is not negative"},
      {"/pools/0/used", 1e30, "pools[0].used: 1e+30, expected a whole number that is not negative"},
      {"/pools/0/unlimited", true, "pools[0].limit: 125, expected null, as it is unlimited"},
      {"/pools/0/ratio", -0.5, "pools[0].ratio: -0.5, expected no negative number"},
      {"/pools/0/growth_over_seconds", nullptr,
       "pools[0].growth_per_second: known only in part, expected it together with "
       "growth_over_seconds, and full_in_seconds not without them"},
      {"/pools/0/full_in_seconds", 10'000'000'000,
       "pools[0].full_in_seconds: 10000000000, expected at most a century"},
      {"/pools/0/top_holder/role", "boss",
       "pools[0].top_holder.role: \"boss\", expected one of workload, runtime"},
      {"/pools/0/neighbours/names/1", 5, "pools[0].neighbours.names[1]: 5, expected text"},
      {"/pools/1", good()["pools"][0],
       "pools[1].resource: the same pool as another, expected each pool once"},
      {"/pools/1", 7, "pools[1]: 7, expected an object"},
      {"/findings/0/severity", "OK",
       "findings[0].severity: \"OK\", expected one of WARNING, CRITICAL"},
      {"/findings/0/uid", "4711",
       "findings[0].resource: a pool that is not there, expected one of pools"},
      {"/findings/0/advice/0/kind", "\x1b[2J",
       "findings[0].advice[0].kind: \"\\x1b[2J\", expected one of sysctl, ulimit, other_uid, look"},
      {"/unread/0", "tea", "unread: \"tea\", expected resources that this kcommons knows"},
  }));
  Json json = good();
  REQUIRE(json["pools"][0]["growth_per_second"].is_number());
  json.at(Json::json_pointer(row.pointer)) = row.value;
  CHECK(mistake(json) == row.message);
}

TEST_CASE("keys that are not known are ignored", "[report]") {
  Json json = good();
  json["novelty"] = 1;
  json["pools"][0]["novelty"] = Json::array();
  CHECK(mistake(json) == "none");
}

TEST_CASE("hostile text is made harmless", "[report]") {
  Json json = good();
  const std::string hostile = "\x1b[2J\r\nOK: all is well\u009b";
  json["source_reason"] = hostile;
  json["warnings"].push_back(hostile);
  json["pools"][0]["top_holder"]["name"] = hostile;
  json["pools"][0]["neighbours"]["names"][0] = hostile;
  json["findings"][0]["advice"][0]["command"] = hostile;
  json["findings"][0]["advice"][0]["text"] = hostile;
  const auto audit = parse_audit_json(json.dump());
  REQUIRE(audit);
  for (const std::string& text :
       {audit_text(*audit, {.all = true}, {}), audit_markdown(*audit, {.all = true})}) {
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\r') == std::string::npos);
    CHECK(text.find("\nOK: all is well") == std::string::npos);
  }
}

TEST_CASE("what is no JSON is an error and no crash", "[report]") {
  const std::string text =
      GENERATE(as<std::string>(), "", "{", "<html>", "not found\n", "[]", "7", "null", "\"x\"",
               "{\"schema_version\":1e999}", "\xff\xfe", "{\"a\":\"\xff\"}",
               std::string(200'000, '['), std::string(3, '\0'));
  CAPTURE(text.substr(0, 30));
  const auto audit = parse_audit_json(text);
  REQUIRE_FALSE(audit);
  CHECK(audit.error().message().size() < 400);
}

TEST_CASE("no cut and no changed byte breaks the parser", "[report]") {
  const std::string json = audit_json(audit_of(busy_host()));
  std::mt19937 random(11);  // the same each time
  for (int round = 0; round < 300; ++round) {
    std::string broken = json;
    for (int change = 0; change < 3; ++change) {
      broken[random() % broken.size()] = static_cast<char>(random() % 256);
    }
    if (round % 3 == 0) broken.resize(random() % broken.size());
    const auto audit = parse_audit_json(broken);
    if (audit) CHECK_FALSE(audit_text(*audit, {.all = true}, {}).empty());
  }
}

TEST_CASE("times are read as they are written", "[report]") {
  const WallTime time(1'790'000'000'123ms);
  CHECK(parse_time_text(time_text(time)) == time);
  CHECK(parse_time_text("1970-01-01T00:00:00.000Z") == WallTime{});
  CHECK(parse_time_text("2024-02-29T23:59:59.999Z"));
  const std::string wrong =
      GENERATE(as<std::string>(), "", "2023-02-29T00:00:00.000Z", "2024-13-01T00:00:00.000Z",
               "2024-01-01T24:00:00.000Z", "2024-01-01T00:60:00.000Z", "2024-01-01T00:00:00.000",
               "2024-01-01 00:00:00.000Z", "2024-01-01T00:00:00.00Z", "2024-01-01T00:00:+1.000Z",
               "1969-12-31T23:59:59.999Z", "9999-01-01T00:00:00.000Z");
  CHECK_FALSE(parse_time_text(wrong));
}

TEST_CASE("the error of the API goes there and back", "[report]") {
  CHECK(error_json("a \"b\"") == "{\"error\":\"a \\\"b\\\"\"}\n");
  CHECK(parse_error_json(error_json("a \"b\"\x1b")) == "a \"b\"\\x1b");
  for (const auto* const other : {"", "x", "[]", "{}", "{\"error\":1}"}) {
    CHECK(parse_error_json(other).empty());
  }
}
