#include "report/incident_parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "report/incident_json.hpp"
#include "report/json_reader.hpp"

namespace kcommons::report {

namespace {

using incidents::CensusView;
using incidents::EndedBy;
using incidents::Incident;
using incidents::IncidentHolder;
using incidents::State;

// A century, in seconds; what is longer would not fit where it is counted in smaller units.
constexpr std::uint64_t kLongest = 100ULL * 366 * 24 * 3600;

class IncidentParser final {
 public:
  explicit IncidentParser(const Json& document) : in_(document) {}

  Result<incidents::Incidents> parse_document();
  Result<Incident> parse_one();

 private:
  Incident read_incident();
  void read_course(Incident& incident);
  void read_numbers(Incident& incident);
  CensusView read_census();
  IncidentHolder read_holder();
  WallTime time(std::string_view key);
  std::optional<WallTime> time_or_null(std::string_view key);
  std::optional<std::chrono::seconds> seconds_or_null(std::string_view key);
  std::optional<double> share(std::string_view key);
  bool is(std::string_view key, std::string_view yes, std::string_view no);
  WallTime time_of(std::string_view key, const std::string& text);

  JsonReader in_;
};

WallTime IncidentParser::time_of(std::string_view key, const std::string& text) {
  const auto time = parse_time_text(text);
  if (!time) in_.refuse(key, '"' + text + '"', "a time such as 2026-01-31T23:59:59.000Z");
  return time.value_or(WallTime{});
}

WallTime IncidentParser::time(std::string_view key) {
  return time_of(key, in_.text(key));
}

std::optional<WallTime> IncidentParser::time_or_null(std::string_view key) {
  const auto text = in_.text_or_null(key);
  if (!text) return std::nullopt;
  return time_of(key, *text);
}

std::optional<std::chrono::seconds> IncidentParser::seconds_or_null(std::string_view key) {
  const auto seconds = in_.number_or_null(key);
  if (!seconds) return std::nullopt;
  if (*seconds > kLongest) in_.refuse(key, fmt::format("{}", *seconds), "at most a century");
  return std::chrono::seconds(std::min(*seconds, kLongest));
}

std::optional<double> IncidentParser::share(std::string_view key) {
  const auto value = in_.real_or_null(key);
  if (value && *value < 0) in_.refuse(key, fmt::format("{}", *value), "no negative number");
  return value;
}

bool IncidentParser::is(std::string_view key, std::string_view yes, std::string_view no) {
  const std::string word = in_.text(key);
  if (word != yes && word != no) {
    in_.refuse(key, '"' + word + '"', fmt::format("one of {}, {}", yes, no));
  }
  return word == yes;
}

void IncidentParser::read_course(Incident& incident) {
  incident.began_at = time("began_at");
  incident.full_at = time_or_null("full_at");
  incident.ended_at = time_or_null("ended_at");
  if (const auto by = in_.text_or_null("ended_by")) {
    for (std::size_t i = 0; i < incidents::kEndedByCount; ++i) {
      if (const auto reason = static_cast<EndedBy>(i); name_of(reason) == *by) {
        incident.ended_by = reason;
      }
    }
    if (!incident.ended_by) in_.refuse("ended_by", '"' + *by + '"', "one of use, limit, gone");
  }
  const bool has_ended = incident.state == State::kEnded;
  if (incident.ended_at.has_value() != has_ended || incident.ended_by.has_value() != has_ended) {
    in_.refuse("ended_at", "another end than its state", "it and ended_by of what has ended");
  }
  incident.lasted = seconds_or_null("duration_seconds").value_or(std::chrono::seconds(0));
  incident.crossings = in_.number("crossings");
  incident.interruptions = in_.number("interruptions");
}

void IncidentParser::read_numbers(Incident& incident) {
  incident.used = in_.number("used");
  incident.peak = in_.number("peak");
  incident.limit = in_.number("limit");
  share("ratio");
  const auto per_second = in_.real_or_null("growth_per_second");
  const auto over = seconds_or_null("growth_over_seconds");
  incident.full_in = seconds_or_null("full_in_seconds");
  if (per_second.has_value() != over.has_value() || (incident.full_in && !per_second)) {
    in_.refuse("growth_per_second", "known only in part",
               "it together with growth_over_seconds, and full_in_seconds not without them");
    incident.full_in.reset();
    return;
  }
  if (per_second) incident.growth = {.per_second = *per_second, .over = *over};
}

IncidentHolder IncidentParser::read_holder() {
  IncidentHolder holder;
  holder.name = in_.text("name");
  holder.is_container = is("kind", "container", "host");
  holder.container_id = in_.text("container_id");
  holder.runtime = in_.text("runtime");
  holder.container = in_.text("container");
  holder.pod = in_.text("pod");
  holder.pod_namespace = in_.text("namespace");
  holder.unit = in_.text("unit");
  holder.by_runtime = is("role", "runtime", "workload");
  holder.used = in_.number("used");
  holder.share = share("share");
  return holder;
}

CensusView IncidentParser::read_census() {
  CensusView census;
  census.taken_at = time("taken_at");
  census.exact = in_.flag("exact");
  census.used = in_.number_or_null("used");
  in_.each("holders", [&] { census.holders.push_back(read_holder()); });
  in_.in("more", [&] {
    census.more_holders = in_.number("holders");
    census.more_used = in_.number("used");
  });
  in_.in("neighbours", [&] {
    census.container_neighbours = in_.number("container");
    census.host_neighbours = in_.number("host");
    in_.each_text("names", [&](std::string name) { census.neighbours.push_back(std::move(name)); });
  });
  return census;
}

Incident IncidentParser::read_incident() {
  Incident incident;
  incident.id = in_.number("id");
  const std::string state = in_.text("state");
  bool known = false;
  for (std::size_t i = 0; i < incidents::kStateCount; ++i) {
    if (name_of(static_cast<State>(i)) != state) continue;
    incident.state = static_cast<State>(i);
    known = true;
  }
  if (!known) in_.refuse("state", '"' + state + '"', "one of open, ended, interrupted");
  const std::string name = in_.text("resource");
  const auto resource = catalogue::find_resource(name);
  if (!resource) in_.refuse("resource", '"' + name + '"', "a resource that this kcommons knows");
  incident.resource = resource.value_or(catalogue::ResourceId::kOpenFiles);
  incident.userns = in_.text("userns");
  incident.uid = in_.text("uid");
  for (const auto* const key : {"unit", "scope", "error", "symptom"}) in_.text(key);
  read_course(incident);
  read_numbers(incident);
  in_.in_or_null("census",
                 [&] { incident.census = std::make_shared<const CensusView>(read_census()); });
  incident.boot_id = in_.text("boot_id");
  return incident;
}

Result<Incident> IncidentParser::parse_one() {
  Incident incident = read_incident();
  if (in_.error()) return fail(*in_.error());
  return incident;
}

Result<incidents::Incidents> IncidentParser::parse_document() {
  if (const auto version = in_.number("schema_version"); version != kIncidentsSchemaVersion) {
    in_.refuse("schema_version", fmt::format("{}", version),
               fmt::format("{}", kIncidentsSchemaVersion));
  }
  time("taken_at");
  incidents::Incidents all;
  in_.each("incidents", [&] { all.push_back(std::make_shared<const Incident>(read_incident())); });
  if (in_.error()) return fail(*in_.error());
  return all;
}

template <typename Parse>
auto parse(std::string_view json, const Parse& parse_it) -> decltype(parse_it(Json())) {
  try {
    return parse_it(Json::parse(json));
  } catch (const Json::exception& error) {
    return fail(Error::other(fmt::format("no JSON: {}", error.what())));
  }
}

}  // namespace

Result<incidents::Incidents> parse_incidents_json(std::string_view json) {
  return parse(json,
               [](const Json& document) { return IncidentParser(document).parse_document(); });
}

Result<Incident> parse_incident_line(std::string_view json) {
  return parse(json, [](const Json& document) { return IncidentParser(document).parse_one(); });
}

}  // namespace kcommons::report
