// What audit finds, advises and prints.
#include "report/audit.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "attribution/attributor.hpp"
#include "report/audit_json.hpp"
#include "report/audit_text.hpp"
#include "report/format.hpp"
#include "top_sample.hpp"

using namespace kcommons;
using namespace kcommons::report;
using catalogue::ResourceId;
using kcommons::report::test::busy_host;

namespace {

Audit audit_of(const census::Census& census, const AuditOptions& options = {}) {
  constexpr auto kMost = std::numeric_limits<std::size_t>::max();
  const auto snapshot =
      attribution::Attributor({kMost, kMost, kMost, kMost}, 0.5).attribute(census);
  return make_audit(snapshot, {.name = "bpf", .reason = "auto: it loads here"}, options);
}

census::Census with_charge(ResourceId resource, std::uint32_t uid, std::uint64_t used,
                           std::optional<std::uint64_t> limit) {
  census::Census census = busy_host();
  census.charges.push_back({.resource = resource,
                            .user_ns = kInitialUserNs,
                            .uid = Uid(uid),
                            .used = used,
                            .limit = catalogue::Limit{limit}});
  return census;
}

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
