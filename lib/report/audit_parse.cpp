#include "report/audit_parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "report/audit_json.hpp"
#include "report/json_reader.hpp"

namespace kcommons::report {

namespace {

using catalogue::ResourceId;

// A century, in seconds; what is longer would not fit where it is counted in smaller units.
constexpr std::uint64_t kLongest = 100ULL * 366 * 24 * 3600;

// A pool's name: resource, userns, uid.
using Key = std::tuple<ResourceId, std::string, std::string>;

class AuditParser final {
 public:
  explicit AuditParser(const Json& document) : in_(document) {}

  Result<Audit> parse();

 private:
  void read_head();
  void read_pool();
  void read_growth(AuditPool& pool);
  void read_top(AuditPool& pool);
  void read_neighbours(AuditPool& pool);
  void read_finding();
  Advice read_advice();
  ResourceId resource(std::string_view key);
  std::vector<ResourceId> resources(std::string_view key);
  std::optional<double> ratio(std::string_view key);
  // The value of `key` that has this name.
  template <typename T>
  T one_of(std::string_view key, std::initializer_list<T> values);

  JsonReader in_;
  Audit audit_;
  std::map<Key, std::size_t> pools_;
};

template <typename T>
T AuditParser::one_of(std::string_view key, std::initializer_list<T> values) {
  const std::string name = in_.text(key);
  std::string names;
  for (const T value : values) {
    if (name_of(value) == name) return value;
    names += fmt::format("{}{}", names.empty() ? "one of " : ", ", name_of(value));
  }
  in_.refuse(key, '"' + name + '"', names);
  return *values.begin();
}

ResourceId AuditParser::resource(std::string_view key) {
  const std::string name = in_.text(key);
  const auto id = catalogue::find_resource(name);
  if (!id) in_.refuse(key, '"' + name + '"', "a resource that this kcommons knows");
  return id.value_or(ResourceId::kOpenFiles);
}

std::vector<ResourceId> AuditParser::resources(std::string_view key) {
  std::vector<ResourceId> ids;
  in_.each_text(key, [&](const std::string& name) {
    const auto id = catalogue::find_resource(name);
    if (!id) in_.refuse(key, '"' + name + '"', "resources that this kcommons knows");
    ids.push_back(id.value_or(ResourceId::kOpenFiles));
  });
  return ids;
}

std::optional<double> AuditParser::ratio(std::string_view key) {
  const auto value = in_.real_or_null(key);
  if (value && *value < 0) in_.refuse(key, fmt::format("{}", *value), "no negative number");
  return value;
}

void AuditParser::read_head() {
  if (const auto version = in_.number("schema_version"); version != kAuditSchemaVersion) {
    in_.refuse("schema_version", fmt::format("{}", version),
               fmt::format("{}", kAuditSchemaVersion));
  }
  const std::string taken_at = in_.text("taken_at");
  const auto time = parse_time_text(taken_at);
  if (!time)
    in_.refuse("taken_at", '"' + taken_at + '"', "a time such as 2026-01-31T23:59:59.000Z");
  audit_.taken_at = time.value_or(WallTime{});
  audit_.source = in_.text("source");
  audit_.source_reason = in_.text("source_reason");
  audit_.exact = in_.flag("exact");
  audit_.complete = in_.flag("complete");
  in_.each_text("warnings", [&](std::string text) { audit_.warnings.push_back(std::move(text)); });
  audit_.status = one_of(
      "status", {Severity::kOk, Severity::kWarning, Severity::kCritical, Severity::kUnknown});
}

void AuditParser::read_growth(AuditPool& pool) {
  const auto duration = [this](std::string_view key) -> std::optional<std::chrono::seconds> {
    const auto seconds = in_.number_or_null(key);
    if (!seconds) return std::nullopt;
    if (*seconds > kLongest) in_.refuse(key, fmt::format("{}", *seconds), "at most a century");
    return std::chrono::seconds(std::min(*seconds, kLongest));
  };
  const auto per_second = in_.real_or_null("growth_per_second");
  const auto over = duration("growth_over_seconds");
  pool.full_in = duration("full_in_seconds");
  if (per_second.has_value() != over.has_value() || (pool.full_in && !per_second)) {
    in_.refuse("growth_per_second", "known only in part",
               "it together with growth_over_seconds, and full_in_seconds not without them");
    pool.full_in.reset();
    return;
  }
  if (per_second) pool.growth = {.per_second = *per_second, .over = *over};
}

void AuditParser::read_top(AuditPool& pool) {
  in_.in_or_null("top_holder", [&] {
    PoolRow::TopHolder top;
    top.name = in_.text("name");
    top.id = in_.text("container_id");
    const std::string role = in_.text("role");
    top.runtime = role == "runtime";
    if (!top.runtime && role != "workload") {
      in_.refuse("role", '"' + role + '"', "one of workload, runtime");
    }
    top.used = in_.number("used");
    pool.share = ratio("share");
    pool.top_is_container = !top.id.empty();
    pool.row.top = std::move(top);
  });
}

void AuditParser::read_neighbours(AuditPool& pool) {
  in_.in("neighbours", [&] {
    pool.row.container_neighbours = in_.number("container");
    pool.row.host_neighbours = in_.number("host");
    in_.each_text("names", [&](std::string name) { pool.neighbours.push_back(std::move(name)); });
  });
}

void AuditParser::read_pool() {
  AuditPool pool;
  PoolRow& row = pool.row;
  row.pool = audit_.pools.size();
  row.resource = resource("resource");
  row.userns = in_.text("userns");
  row.uid = in_.text("uid");
  row.used = in_.number_or_null("used");
  const auto limit = in_.number_or_null("limit");
  const bool unlimited = in_.flag("unlimited");
  if (unlimited && limit)
    in_.refuse("limit", fmt::format("{}", *limit), "null, as it is unlimited");
  if (unlimited || limit) row.limit = catalogue::Limit{limit};
  row.ratio = ratio("ratio");
  read_growth(pool);
  read_top(pool);
  read_neighbours(pool);
  for (const auto* const key : {"unit", "scope", "isolated_by", "error"}) in_.text(key);
  if (!pools_.emplace(Key(row.resource, row.userns, row.uid), row.pool).second) {
    in_.refuse("resource", "the same pool as another", "each pool once");
  }
  audit_.pools.push_back(std::move(pool));
}

Advice AuditParser::read_advice() {
  using Kind = Advice::Kind;
  Advice advice;
  advice.kind = one_of("kind", {Kind::kSysctl, Kind::kUlimit, Kind::kOtherUid, Kind::kLook});
  advice.text = in_.text("text");
  advice.command = in_.text_or_null("command").value_or("");
  advice.value = in_.number_or_null("limit").value_or(0);
  advice.price_bytes = in_.number_or_null("price_bytes").value_or(0);
  advice.frees = in_.number_or_null("frees").value_or(0);
  return advice;
}

void AuditParser::read_finding() {
  Finding finding;
  finding.severity = one_of("severity", {Severity::kWarning, Severity::kCritical});
  const Key key{resource("resource"), in_.text("userns"), in_.text("uid")};
  if (const auto at = pools_.find(key); at != pools_.end()) {
    finding.pool = at->second;
  } else {
    in_.refuse("resource", "a pool that is not there", "one of pools");
  }
  in_.text("symptom");
  in_.each("advice", [&] { finding.advice.push_back(read_advice()); });
  audit_.findings.push_back(std::move(finding));
}

Result<Audit> AuditParser::parse() {
  read_head();
  in_.each("pools", [this] { read_pool(); });
  in_.each("findings", [this] { read_finding(); });
  audit_.unused = resources("unused");
  audit_.unread = resources("unread");
  if (in_.error()) return fail(*in_.error());
  return std::move(audit_);
}

}  // namespace

Result<Audit> parse_audit_json(std::string_view json) {
  try {
    return AuditParser(Json::parse(json)).parse();
  } catch (const Json::exception& error) {
    return fail(Error::other(fmt::format("no JSON: {}", error.what())));
  }
}

}  // namespace kcommons::report
