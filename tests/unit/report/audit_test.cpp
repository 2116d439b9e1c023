// What audit finds, advises and prints.
#include "report/audit.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "audit_sample.hpp"
#include "report/audit_json.hpp"
#include "report/audit_text.hpp"
#include "report/format.hpp"

using namespace kcommons;
using namespace kcommons::report;
using namespace std::chrono_literals;
using catalogue::ResourceId;
using namespace kcommons::report::test;

namespace {

const Finding* find(const Audit& audit, ResourceId resource, const std::string& uid) {
  for (const Finding& finding : audit.findings) {
    const PoolRow& row = audit.pools[finding.pool].row;
    if (row.resource == resource && row.uid == uid) return &finding;
  }
  return nullptr;
}

const Advice* find(const Finding& finding, Advice::Kind kind) {
  const auto at = std::ranges::find(finding.advice, kind, &Advice::kind);
  return at == finding.advice.end() ? nullptr : &*at;
}

const AuditPool& watches_of_33(const Audit& audit) {
  return *std::ranges::find_if(audit.pools, [](const AuditPool& pool) {
    return pool.row.resource == ResourceId::kInotifyWatches && pool.row.uid == "33";
  });
}

std::size_t longest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t longest = 0;
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, width(line));
  return longest;
}

}  // namespace

TEST_CASE("a full pool is found with its culprit and neighbours", "[report]") {
  const Audit audit = audit_of(busy_host());
  REQUIRE(audit.findings.size() == 1);
  const Finding& finding = audit.findings.front();
  CHECK(finding.severity == Severity::kCritical);
  CHECK(audit.status == Severity::kCritical);
  const AuditPool& pool = audit.pools[finding.pool];
  CHECK(pool.row.resource == ResourceId::kInotifyWatches);
  CHECK(pool.row.uid == "0");
  CHECK(pool.row.top->name == "kubelet.service");
  CHECK(pool.neighbours == std::vector<std::string>{"kubelet.service", "sshd.service"});
}

TEST_CASE("thresholds decide what is found and how the program ends", "[report]") {
  // 121 of 125 is 0.968.
  CHECK(audit_of(busy_host(), {.warning = 0.9, .critical = 0.97}).status == Severity::kWarning);
  CHECK(audit_of(busy_host(), {.warning = 0.97, .critical = 0.98}).status == Severity::kOk);
  CHECK(audit_of(busy_host(), {.warning = 0.1, .critical = 0.968}).status == Severity::kCritical);
}

TEST_CASE("a host of which nothing is read is unknown, not well", "[report]") {
  census::Census census;
  census.user_namespaces.push_back({.inode = kInitialUserNs});
  const Audit audit = audit_of(census);
  CHECK(audit.status == Severity::kUnknown);
  CHECK(audit.unread.size() + audit.unused.size() == catalogue::kResourceCount);
}

TEST_CASE("when a pool will be full follows from its growth", "[report]") {
  const auto full_in = [](std::uint64_t used, double per_second) {
    const Audit audit = audit_of_growing(used, {.per_second = per_second, .over = 1h});
    CHECK(watches_of_33(audit).row.used == used);
    CHECK(watches_of_33(audit).growth->per_second == per_second);
    return watches_of_33(audit).full_in;
  };
  CHECK(full_in(400, 0.1) == 6000s);
  CHECK(full_in(999, 10) == 0s);
  CHECK_FALSE(full_in(400, 0));
  CHECK_FALSE(full_in(400, -5));
  CHECK_FALSE(full_in(1000, 5));  // it is full
  CHECK_FALSE(full_in(1200, 5));
  CHECK(full_in(136, 864.0 / (30 * 86400)) == 30 * 86400s);
  CHECK_FALSE(full_in(135, 864.0 / (30 * 86400)));  // more than 30 days
}

TEST_CASE("a pool without a limit is never full", "[report]") {
  auto snapshot = snapshot_of(busy_host());
  for (attribution::Pool& pool : snapshot.pools) pool.growth = {.per_second = 5, .over = 1h};
  const Audit audit = audit_of(snapshot);
  const auto files = std::ranges::find_if(audit.pools, [](const AuditPool& pool) {
    return pool.row.resource == ResourceId::kOpenFiles;
  });
  REQUIRE(files != audit.pools.end());
  CHECK(files->growth);
  CHECK_FALSE(files->full_in);
}

TEST_CASE("a pool on course to be full within four hours is a warning", "[report]") {
  struct Row {
    std::uint64_t used;
    double per_second;
    std::chrono::seconds over;
    bool found;
  };
  const Row row = GENERATE(values<Row>({
      {400, 0.1, 1h, true},     // 1 h 40 min
      {424, 0.04, 1h, true},    // four hours
      {400, 0.04, 1h, false},   // a little more
      {400, 0.1, 500s, true},   // twelve times as long as it was watched
      {400, 0.1, 499s, false},  // and longer
      {100, 1, 1h, true},       // a tenth of it is used
      {99, 1, 1h, false},       // and less
      {400, -0.1, 1h, false},   // it shrinks
  }));
  CAPTURE(row.used, row.per_second, row.over.count());
  const Audit audit = audit_of_growing(row.used, {.per_second = row.per_second, .over = row.over});
  const Finding* const finding = find(audit, ResourceId::kInotifyWatches, "33");
  REQUIRE((finding != nullptr) == row.found);
  if (finding != nullptr) CHECK(finding->severity == Severity::kWarning);
}

TEST_CASE("a finding says when the pool will be full and advises a limit above the present one",
          "[report]") {
  const Audit audit = audit_of_growing(400, {.per_second = 0.1, .over = 12min});
  const std::string text = audit_text(audit, {}, {});
  CHECK_THAT(text, Catch::Contains(
                       "WARNING: inotify_watches of uid 33: 400 of 1000 used (40.0%)\n"
                       "  Full in about 1 h 40 min at the rate of the last 12 min (6 a minute)\n"
                       "  Culprit "));
  CHECK_THAT(audit_markdown(audit, {}), Catch::Contains("\n- Full in about 1 h 40 min at the "));
  const Advice* const advice =
      find(*find(audit, ResourceId::kInotifyWatches, "33"), Advice::Kind::kSysctl);
  REQUIRE(advice != nullptr);
  CHECK(advice->value == 2048);
}

TEST_CASE("growth is null in JSON where it is not known", "[report]") {
  const auto plain = nlohmann::json::parse(audit_json(audit_of(busy_host())));
  for (const auto* key : {"growth_per_second", "growth_over_seconds", "full_in_seconds"}) {
    CHECK(plain["pools"][0].at(key).is_null());
  }
  const Audit audit = audit_of_growing(900, {.per_second = 0.5, .over = 1h});
  const auto json = nlohmann::json::parse(audit_json(audit));
  const auto pool = std::ranges::find_if(json["pools"], [](const auto& one) {
    return one["resource"] == "inotify_watches" && one["uid"] == "33";
  });
  REQUIRE(pool != json["pools"].end());
  CHECK((*pool)["growth_per_second"] == 0.5);
  CHECK((*pool)["growth_over_seconds"] == 3600);
  CHECK((*pool)["full_in_seconds"] == 200);
}

TEST_CASE("a raised limit is a round number with room for twice the use", "[report]") {
  const Audit audit = audit_of(busy_host());
  const Advice* const advice = find(audit.findings.front(), Advice::Kind::kSysctl);
  REQUIRE(advice != nullptr);
  CHECK(advice->value == 256);
  CHECK(advice->command == "sysctl -w fs.inotify.max_user_watches=256");
  const auto each = catalogue::resource(ResourceId::kInotifyWatches).bytes_each;
  CHECK(advice->price_bytes == (256 - 125) * each);
}

TEST_CASE("only a container can be given another user", "[report]") {
  SECTION("a unit cannot") {
    const Audit audit = audit_of(busy_host());
    CHECK(find(audit.findings.front(), Advice::Kind::kOtherUid) == nullptr);
  }
  SECTION("a container can, and frees what it holds") {
    const Audit audit = audit_of(with_charge(ResourceId::kInotifyWatches, 33, 90, 125));
    const Finding* const finding = find(audit, ResourceId::kInotifyWatches, "33");
    REQUIRE(finding != nullptr);
    const Advice* const advice = find(*finding, Advice::Kind::kOtherUid);
    REQUIRE(advice != nullptr);
    CHECK(advice->frees == 30);
  }
}

TEST_CASE("sysctls that are not the limit itself are spelt as they are", "[report]") {
  const auto command = [](ResourceId resource, std::uint32_t uid) {
    const Audit audit = audit_of(with_charge(resource, uid, 190, 200));
    const Finding* const finding = find(audit, resource, std::to_string(uid));
    REQUIRE(finding != nullptr);
    const Advice* const advice = find(*finding, Advice::Kind::kSysctl);
    return advice == nullptr ? std::string("none") : advice->command;
  };
  CHECK(command(ResourceId::kKeys, 33) == "sysctl -w kernel.keys.maxkeys=512");
  CHECK(command(ResourceId::kKeys, 0) == "sysctl -w kernel.keys.root_maxkeys=512");
  CHECK(command(ResourceId::kMqueueBytes, 33) == "none");
}

TEST_CASE("a limit of processes is raised as a ulimit", "[report]") {
  const Audit audit = audit_of(with_charge(ResourceId::kMqueueBytes, 33, 190, 200));
  const Finding* const finding = find(audit, ResourceId::kMqueueBytes, "33");
  REQUIRE(finding != nullptr);
  const Advice* const advice = find(*finding, Advice::Kind::kUlimit);
  REQUIRE(advice != nullptr);
  CHECK(advice->value == 512);
  CHECK(advice->command.empty());
}

TEST_CASE("the table fits 80 columns and is whole on a pipe", "[report]") {
  const std::string name(100, 'x');
  const Audit audit = audit_of(busy_host(name));
  // Of the text below the table, names are not cut.
  const std::string text = audit_text(audit, {}, {.columns = 80});
  CHECK(longest_line(text.substr(0, text.find("\n\n"))) <= 80);
  const std::string piped = audit_text(audit, {}, {.columns = 0});
  CHECK(piped.find("kubelet.service" + name) != std::string::npos);
  const Audit plain = audit_of(busy_host());
  CHECK(longest_line(audit_text(plain, {.all = true}, {.columns = 80})) <= 80);
}

TEST_CASE("hostile names stay within their place", "[report]") {
  const std::string name = "\x1b[31m|`<b>\n\xff";
  const Audit audit = audit_of(busy_host(name));
  const std::string text = audit_text(audit, {.all = true}, {});
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\xff') == std::string::npos);
  const std::string markdown = audit_markdown(audit, {.all = true});
  CHECK(markdown.find("|`") == std::string::npos);
  CHECK(markdown.find("<b>\n") == std::string::npos);
  const auto json = nlohmann::json::parse(audit_json(audit));
  CHECK(json["findings"].size() == 1);
}

TEST_CASE("the JSON has the numbers of the table", "[report]") {
  const auto json = nlohmann::json::parse(audit_json(audit_of(busy_host())));
  CHECK(json["status"] == "CRITICAL");
  const auto& first = json["pools"][0];
  CHECK(first["resource"] == "inotify_watches");
  CHECK(first["used"] == 121);
  CHECK(first["limit"] == 125);
  CHECK(first["error"] == "ENOSPC");
  CHECK(first["top_holder"]["name"] == "kubelet.service");
  CHECK(first["top_holder"]["used"] == 120);
  CHECK(first["neighbours"]["host"] == 2);
  CHECK(json["findings"][0]["advice"][0]["command"] == "sysctl -w fs.inotify.max_user_watches=256");
}
