#include "report/top_parse.hpp"

#include <fmt/format.h>

#include <limits>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "report/json_reader.hpp"
#include "report/top_json.hpp"
#include "report/top_words.hpp"

namespace kcommons::report {

namespace {

using attribution::By;
using catalogue::ResourceId;
using Kind = TopWho::Kind;

// A pool's name: resource, userns, uid.
using PoolName = std::tuple<ResourceId, std::string, std::string>;
// All that tells one holder from another.
using WhoName = std::tuple<Kind, std::string, std::string, std::string, std::string, Pid>;

class TopParser final {
 public:
  explicit TopParser(const Json& document) : in_(document) {}

  Result<Top> parse();

 private:
  // What a pool says of its own rows.
  struct Shown {
    std::uint64_t rows = 0;
    std::uint64_t used = 0;
  };

  void read_head();
  void read_pool();
  void read_row();
  std::uint32_t read_who();
  Kind read_kind();
  void read_process(TopWho& who);
  PoolName read_pool_name();
  ResourceId known(std::string_view key, const std::string& name);
  std::optional<double> ratio(std::string_view key);
  void check_sums();

  JsonReader in_;
  Top top_;
  std::map<PoolName, std::uint32_t> pools_;
  std::map<WhoName, std::uint32_t> who_;
  std::vector<Shown> shown_;  // by pool
};

ResourceId TopParser::known(std::string_view key, const std::string& name) {
  const auto id = catalogue::find_resource(name);
  if (!id) in_.refuse(key, '"' + name + '"', "a resource that this kcommons knows");
  return id.value_or(ResourceId::kOpenFiles);
}

std::optional<double> TopParser::ratio(std::string_view key) {
  const auto value = in_.real_or_null(key);
  if (value && *value < 0) in_.refuse(key, fmt::format("{}", *value), "no negative number");
  return value;
}

void TopParser::read_head() {
  if (const auto version = in_.number("schema_version"); version != kTopSchemaVersion) {
    in_.refuse("schema_version", fmt::format("{}", version), fmt::format("{}", kTopSchemaVersion));
  }
  const std::string taken_at = in_.text("taken_at");
  const auto time = parse_time_text(taken_at);
  if (!time) {
    in_.refuse("taken_at", '"' + taken_at + '"', "a time such as 2026-01-31T23:59:59.000Z");
  }
  top_.taken_at = time.value_or(WallTime{});
  top_.source = in_.text("source");
  top_.source_reason = in_.text("source_reason");
  top_.exact = in_.flag("exact");
  top_.complete = in_.flag("complete");
  in_.each_text("warnings", [&](std::string text) { top_.warnings.push_back(std::move(text)); });
  const std::string name = in_.text("by");
  const auto by = parse_by(name);
  if (!by) in_.refuse("by", '"' + name + '"', "one of " + by_names());
  top_.by = by.value_or(By::kContainer);
}

PoolName TopParser::read_pool_name() {
  const ResourceId resource = known("resource", in_.text("resource"));
  std::string userns = in_.text("userns");
  return {resource, std::move(userns), in_.text("uid")};
}

void TopParser::read_pool() {
  TopPool pool;
  const PoolName name = read_pool_name();
  std::tie(pool.resource, pool.userns, pool.uid) = name;
  in_.text("scope");
  pool.used = in_.number_or_null("pool_used_at_census");
  const auto limit = in_.number_or_null("pool_limit");
  const bool unlimited = in_.flag("unlimited");
  if (unlimited && limit) {
    in_.refuse("pool_limit", fmt::format("{}", *limit), "null, as it is unlimited");
  }
  if (unlimited || limit) pool.limit = catalogue::Limit{limit};
  Shown shown;
  in_.in("shown", [&] { shown = {.rows = in_.number("rows"), .used = in_.number("used")}; });
  in_.in("more", [&] {
    pool.rows_cut = in_.number("rows");
    pool.cut = in_.number("used");
  });
  in_.each("unattributed", [&] {
    std::string cause = in_.text("cause");
    pool.unattributed.push_back({.cause = std::move(cause), .amount = in_.integer("used")});
  });
  if (!pools_.emplace(name, static_cast<std::uint32_t>(top_.pools.size())).second) {
    in_.refuse("resource", "the same pool as another", "each pool once");
  }
  top_.rows_cut += pool.rows_cut;
  top_.pools.push_back(std::move(pool));
  shown_.push_back(shown);
}

Kind TopParser::read_kind() {
  const std::string name = in_.text("kind");
  std::string names;
  for (const Kind kind :
       {Kind::kContainer, Kind::kHost, Kind::kUser, Kind::kUnit, Kind::kPod, Kind::kProcess}) {
    if (name_of(kind) == name) return kind;
    names += fmt::format("{}{}", names.empty() ? "one of " : ", ", name_of(kind));
  }
  in_.refuse("kind", '"' + name + '"', names);
  return Kind::kHost;
}

void TopParser::read_process(TopWho& who) {
  constexpr std::uint64_t kMost = std::numeric_limits<Pid::rep>::max();
  const std::uint64_t pid = in_.number("pid");
  if (pid > kMost) in_.refuse("pid", fmt::format("{}", pid), fmt::format("at most {}", kMost));
  who.pid = Pid(static_cast<Pid::rep>(pid > kMost ? 0 : pid));
  who.command = in_.text_or_null("command");
}

std::uint32_t TopParser::read_who() {
  TopWho who;
  in_.in("who", [&] {
    who.kind = read_kind();
    who.name = in_.text("name");
    who.container_id = in_.text("container_id");
    who.runtime = in_.text("runtime");
    who.container = in_.text("container");
    who.pod = in_.text("pod");
    who.pod_namespace = in_.text("namespace");
    who.unit = in_.text("unit");
    who.uid = in_.text("uid");
    if (who.kind == Kind::kProcess) read_process(who);
  });
  who.shown = true;
  const auto index = static_cast<std::uint32_t>(top_.who.size());
  const auto [at, is_new] = who_.emplace(
      WhoName(who.kind, who.name, who.container_id, who.unit, who.uid, who.pid.value_or(Pid{})),
      index);
  if (is_new) top_.who.push_back(std::move(who));
  return at->second;
}

void TopParser::read_row() {
  TopRow row;
  const PoolName name = read_pool_name();
  row.who = read_who();
  row.used = in_.number("used");
  row.runtime_used = in_.number("runtime_used");
  row.share = ratio("share");
  row.limit_ratio = ratio("limit_ratio");
  const auto at = pools_.find(name);
  if (at == pools_.end()) {
    in_.refuse("resource", "a pool that is not there", "one of pools");
    return;
  }
  row.pool = at->second;
  TopPool& pool = top_.pools[row.pool];
  pool.held += row.used;
  ++pool.rows_shown;
  top_.rows.push_back(row);
}

// The books balance, or something was lost on the way.
void TopParser::check_sums() {
  for (std::size_t i = 0; i < top_.pools.size(); ++i) {
    const TopPool& pool = top_.pools[i];
    if (pool.held == shown_[i].used && pool.rows_shown == shown_[i].rows) continue;
    in_.refuse(fmt::format("pools[{}].shown", i),
               fmt::format("{} in {} rows", shown_[i].used, shown_[i].rows),
               fmt::format("{} in {}, as the rows have it", pool.held, pool.rows_shown));
  }
}

Result<Top> TopParser::parse() {
  read_head();
  in_.each("pools", [this] { read_pool(); });
  in_.each_text("unused",
                [this](const std::string& name) { top_.unused.push_back(known("unused", name)); });
  in_.each("rows", [this] { read_row(); });
  check_sums();
  if (in_.error()) return fail(*in_.error());
  return std::move(top_);
}

}  // namespace

Result<Top> parse_top_json(std::string_view json) {
  try {
    return TopParser(Json::parse(json)).parse();
  } catch (const Json::exception& error) {
    return fail(Error::other(fmt::format("no JSON: {}", error.what())));
  }
}

}  // namespace kcommons::report
