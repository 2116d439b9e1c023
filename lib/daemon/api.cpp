#include "daemon/api.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <optional>

#include "attribution/attributor.hpp"
#include "base/text.hpp"
#include "daemon/one_shot.hpp"
#include "daemon/process_names.hpp"
#include "http/pages.hpp"
#include "report/api_json.hpp"
#include "report/audit_json.hpp"
#include "report/audit_options.hpp"
#include "report/explain.hpp"
#include "report/growth_text.hpp"
#include "report/incident_json.hpp"
#include "report/instances.hpp"
#include "report/top_json.hpp"
#include "report/top_words.hpp"

namespace kcommons::daemon {

namespace {

using report::ApiPath;

constexpr std::array kPaths{
    ApiPath{kAuditPath, "warn, crit", "how full every resource is, who fails next, what to do"},
    ApiPath{kContainersPath, "container_id", "who each container is, and all it holds"},
    ApiPath{kExplainPath, "subject", "why a process or container is called what it is"},
    ApiPath{kHistoryPath, "resource, userns, uid",
            "what pools and their largest holders used lately, as [seconds since 1970, used]"},
    ApiPath{kHoldersPath, "by, resource, sort, limit", "who holds what, as kcommons top has it"},
    ApiPath{kIncidentsPath, "", "when pools came near their limits, the newest first"},
    ApiPath{kInstancesPath, "pid", "the inotify instances of a process"},
    ApiPath{kPoolsPath, "resource, userns, uid", "every pool, the fullest first"},
    ApiPath{kUsersPath, "", "what each user is charged for"},
};

std::string_view value_of(const http::Query& query, std::string_view name,
                          std::string_view otherwise = "") {
  const auto at = query.find(name);
  return at == query.end() ? otherwise : std::string_view(at->second);
}

http::Response refused(std::string_view why) {
  return http::json_response(400, report::error_json(why));
}

std::string wrong(std::string_view name, std::string_view value, std::string_view expected) {
  return fmt::format("query: {}=\"{}\", expected {}", name, text::printable(value.substr(0, 80)),
                     expected);
}

// Empty where it is right or not given.
std::string wrong_resource(std::string_view name) {
  if (name.empty() || catalogue::find_resource(name)) return {};
  std::vector<std::string_view> names;
  names.reserve(std::size(catalogue::kResources));
  for (const catalogue::Resource& row : catalogue::kResources) names.push_back(row.name);
  return wrong("resource", name, fmt::format("one of {}", fmt::join(names, ", ")));
}

report::PoolFilter filter_of(const http::Query& query) {
  return {.resource = std::string(value_of(query, "resource")),
          .userns = std::string(value_of(query, "userns")),
          .uid = std::string(value_of(query, "uid"))};
}

struct HoldersQuery {
  report::TopQuery top;
  std::size_t limit = 0;
};

Result<HoldersQuery> holders_query(const http::Query& query) {
  HoldersQuery asked;
  const auto refuse = [](std::string why) { return fail(Error::other(std::move(why))); };
  const std::string_view by = value_of(query, "by", "container");
  const auto known_by = report::parse_by(by);
  if (!known_by) return refuse(wrong("by", by, "one of " + report::by_names()));
  asked.top.by = *known_by;
  const std::string_view sort = value_of(query, "sort", "used");
  const auto order = report::parse_order(sort);
  if (!order) return refuse(wrong("sort", sort, "one of " + report::order_names()));
  asked.top.order = *order;
  const std::string_view limit = value_of(query, "limit", "0");
  const auto most = text::parse_number<std::size_t>(limit);
  if (!most) return refuse(wrong("limit", limit, "a number of rows, 0 for all"));
  asked.limit = *most;
  const auto resources = query.find("resource");
  if (resources == query.end()) return asked;
  for (const std::string_view name : text::split(resources->second, ',')) {
    const auto resource = catalogue::find_resource(name);
    if (!resource)
      return refuse(name.empty() ? wrong("resource", name, "a name") : wrong_resource(name));
    if (std::ranges::count(asked.top.resources, *resource) > 0) {
      return refuse(wrong("resource", resources->second, "each once"));
    }
    asked.top.resources.push_back(*resource);
  }
  return asked;
}

// What they watch is told on the host itself alone: reading it holds up the process that is
// watched, and takes rights that the daemon gives up.
http::Response instances(const Observation& seen, const http::Query& query) {
  const std::string_view given = value_of(query, "pid");
  const auto pid = text::parse_number<Pid::rep>(given);
  if (!pid) return refused(wrong("pid", given, "a PID"));
  const auto instances = report::instances_of(*seen.census, Pid(*pid));
  if (!instances) {
    return http::json_response(
        404, report::error_json(fmt::format("{} was no process at the last census", *pid)));
  }
  return http::json_response(200, report::instances_json(*instances));
}

}  // namespace

void Api::add_to(http::Router& router) const {
  const auto of = [this](auto member) { return std::bind_front(member, this); };
  const auto add = [&](std::string_view path, http::Handler route) {
    router.add(std::string(path), std::move(route));
  };
  add(kAuditPath, of_census({"warn", "crit"}, of(&Api::audit)));
  add(kContainersPath, of_census({"container_id"}, of(&Api::containers)));
  add(kExplainPath, of_census({"subject"}, of(&Api::explain)));
  add(kHoldersPath, of_census({"by", "resource", "sort", "limit"}, of(&Api::holders)));
  add(kInstancesPath, of_census({"pid"}, instances));
  add(kPoolsPath, of_census({"resource", "userns", "uid"}, of(&Api::pools)));
  add(kUsersPath, of_census({}, of(&Api::users)));
  add(kHistoryPath, [this](const http::Request& request) { return history(request); });
  add(kIncidentsPath, [this](const http::Request& request) { return incidents(request); });
  add(kApiPath, [this](const http::Request& request) { return index(request); });
}

http::Handler Api::of_census(std::vector<std::string_view> parameters, Answer answer) const {
  return [this, parameters = std::move(parameters),
          answer = std::move(answer)](const http::Request& request) {
    const auto query = http::parse_query(request.query, parameters);
    if (!query) return refused(query.error().message());
    const auto seen = parts_.snapshots.observation();
    if (!seen) return http::json_response(503, report::error_json(kNoCensusYet));
    http::Response response = answer(*seen, *query);
    if (response.status != 200) return response;
    const std::string tag = tag_of(*seen->snapshot, response.body);
    return http::tagged_json_response(request, std::move(response.body), tag);
  };
}

// --- of the last census -----------------------------------------------------------------------

report::AuditSource Api::audit_source(const attribution::Snapshot& snapshot) const {
  report::AuditSource source{
      .name = facts_.source, .reason = facts_.source_reason, .restriction = facts_.restriction};
  const auto age = parts_.clock.wall() - snapshot.taken_at;
  if (age > parts_.stale_after()) {
    source.stale =
        fmt::format("the last census is {} old, as newer ones fail: the log of kcommons says why",
                    report::duration_text(std::chrono::duration_cast<std::chrono::seconds>(age)));
  }
  return source;
}

// The census, and what was made of it: commands of processes are read when they are asked for, and
// a census that has become old is told in other words.
std::string Api::tag_of(const attribution::Snapshot& snapshot, const std::string& body) {
  const auto taken_at =
      std::chrono::duration_cast<std::chrono::nanoseconds>(snapshot.taken_at.time_since_epoch());
  return fmt::format("{:x}-{:x}", taken_at.count(), std::hash<std::string>{}(body));
}

report::TopSource Api::top_source() const {
  return {.name = facts_.source, .reason = facts_.source_reason, .restriction = facts_.restriction};
}

report::Audit Api::plain_audit(const Observation& seen) const {
  return report::make_audit(*seen.snapshot, audit_source(*seen.snapshot), {});
}

http::Response Api::audit(const Observation& seen, const http::Query& query) const {
  const auto options = report::parse_audit_options(value_of(query, "warn", report::kDefaultWarn),
                                                   value_of(query, "crit", report::kDefaultCrit));
  if (!options) return refused(options.error().message());
  return http::json_response(200, report::audit_json(report::make_audit(
                                      *seen.snapshot, audit_source(*seen.snapshot), *options)));
}

http::Response Api::pools(const Observation& seen, const http::Query& query) const {
  const report::PoolFilter filter = filter_of(query);
  if (const auto why = wrong_resource(filter.resource); !why.empty()) return refused(why);
  return http::json_response(200, report::pools_json(plain_audit(seen), filter));
}

http::Response Api::holders(const Observation& seen, const http::Query& query) const {
  const auto asked = holders_query(query);
  if (!asked) return refused(asked.error().message());
  report::Top top =
      report::make_top(*seen.census, *seen.uncut->of(*seen.census), top_source(), asked->top);
  report::limit_rows(top, asked->limit);
  // Without its name, a process still has its PID.
  static_cast<void>(name_processes(facts_.procfs, top).has_value());
  return http::json_response(200, report::top_json(top));
}

http::Response Api::containers(const Observation& seen, const http::Query& query) const {
  return http::json_response(200, report::containers_json(plain_audit(seen), *seen.snapshot,
                                                          value_of(query, "container_id")));
}

http::Response Api::users(const Observation& seen, const http::Query& /*query*/) const {
  return http::json_response(200, report::users_json(plain_audit(seen), *seen.snapshot));
}

http::Response Api::explain(const Observation& seen, const http::Query& query) const {
  const std::string_view subject = value_of(query, "subject");
  if (subject.empty())
    return refused(wrong("subject", "", "a PID, or the id or name of a container"));
  report::Explanation explanation = report::explain(*seen.census, *seen.uncut->of(*seen.census),
                                                    seen.told, top_source(), subject);
  if (explanation.answers.empty()) {
    return http::json_response(
        404, report::error_json(fmt::format("\"{}\" was no process and no container with a process "
                                            "at the last census",
                                            text::printable(subject.substr(0, 80)))));
  }
  static_cast<void>(name_processes(facts_.procfs, explanation).has_value());
  return http::json_response(200, report::explanation_json(explanation));
}

// --- of this moment ---------------------------------------------------------------------------

http::Response Api::history(const http::Request& request) const {
  constexpr std::array<std::string_view, 3> kNames{"resource", "userns", "uid"};
  const auto query = http::parse_query(request.query, kNames);
  if (!query) return refused(query.error().message());
  const report::PoolFilter filter = filter_of(*query);
  if (const auto why = wrong_resource(filter.resource); !why.empty()) return refused(why);
  auto uses = parts_.history.uses();
  std::erase_if(uses, [&](const attribution::PoolUse& use) {
    return !report::is_wanted(filter, use.resource, use.userns, use.uid);
  });
  return http::json_response(200, report::history_json(uses, parts_.history.window()));
}

http::Response Api::incidents(const http::Request& request) const {
  if (!request.query.empty()) return refused("query: expected none here");
  return http::json_response(200,
                             report::incidents_json(parts_.incidents.list(), parts_.clock.wall()));
}

http::Response Api::index(const http::Request& request) const {
  if (!request.query.empty()) return refused("query: expected none here");
  return http::json_response(200, report::index_json(facts_.version, kPaths));
}

}  // namespace kcommons::daemon
