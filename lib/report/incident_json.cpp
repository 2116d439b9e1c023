#include "report/incident_json.hpp"

#include <memory>
#include <utility>

#include "report/json.hpp"

namespace kcommons::report {

namespace {

using incidents::CensusView;
using incidents::Incident;
using incidents::IncidentHolder;

Json time_or_null(const std::optional<WallTime>& time) {
  return time ? Json(time_text(*time)) : Json(nullptr);
}

Json seconds_or_null(const std::optional<std::chrono::seconds>& duration) {
  return duration ? Json(duration->count()) : Json(nullptr);
}

void add_course(const Incident& incident, Json& out) {
  out["began_at"] = time_text(incident.began_at);
  out["full_at"] = time_or_null(incident.full_at);
  out["ended_at"] = time_or_null(incident.ended_at);
  out["ended_by"] = incident.ended_by ? Json(name_of(*incident.ended_by)) : Json(nullptr);
  out["duration_seconds"] = incident.lasted.count();
  out["crossings"] = incident.crossings;
  out["interruptions"] = incident.interruptions;
}

void add_numbers(const Incident& incident, Json& out) {
  out["used"] = incident.used;
  out["peak"] = incident.peak;
  out["limit"] = incident.limit;
  out["ratio"] =
      or_null(attribution::fullness(incident.used, catalogue::Limit{.value = incident.limit}));
  out["growth_per_second"] = incident.growth ? Json(incident.growth->per_second) : Json(nullptr);
  out["growth_over_seconds"] =
      incident.growth ? Json(incident.growth->over.count()) : Json(nullptr);
  out["full_in_seconds"] = seconds_or_null(incident.full_in);
}

Json holder_json(const IncidentHolder& holder) {
  return {{"name", safe(holder.name)},
          {"kind", holder.is_container ? "container" : "host"},
          {"container_id", safe(holder.container_id)},
          {"runtime", safe(holder.runtime)},
          {"container", safe(holder.container)},
          {"pod", safe(holder.pod)},
          {"namespace", safe(holder.pod_namespace)},
          {"unit", safe(holder.unit)},
          {"role", holder.by_runtime ? "runtime" : "workload"},
          {"used", holder.used},
          {"share", or_null(holder.share)}};
}

Json census_json(const CensusView& census) {
  Json out;
  out["taken_at"] = time_text(census.taken_at);
  out["exact"] = census.exact;
  out["used"] = or_null(census.used);
  out["holders"] = Json::array();
  for (const IncidentHolder& holder : census.holders) out["holders"].push_back(holder_json(holder));
  out["more"] = {{"holders", census.more_holders}, {"used", census.more_used}};
  Json names = Json::array();
  for (const std::string& name : census.neighbours) names.push_back(safe(name));
  out["neighbours"] = {{"container", census.container_neighbours},
                       {"host", census.host_neighbours},
                       {"names", std::move(names)}};
  return out;
}

Json incident_json(const Incident& incident) {
  const catalogue::Resource& about = catalogue::resource(incident.resource);
  Json out;
  out["id"] = incident.id;
  out["state"] = name_of(incident.state);
  out["resource"] = about.name;
  out["userns"] = safe(incident.userns);
  out["uid"] = safe(incident.uid);
  out["unit"] = about.unit;
  out["scope"] = catalogue::name_of(about.scope);
  out["error"] = about.error;
  out["symptom"] = about.symptom;
  add_course(incident, out);
  add_numbers(incident, out);
  out["census"] = incident.census ? census_json(*incident.census) : Json(nullptr);
  out["boot_id"] = safe(incident.boot_id);
  return out;
}

std::string line_of(const Incident& incident) {
  return incident_json(incident).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Names alone are worth less than holders. False where nothing is left.
bool shorten(CensusView& census) {
  if (!census.neighbours.empty() && census.neighbours.size() >= census.holders.size()) {
    census.neighbours.pop_back();
    return true;
  }
  if (census.holders.empty()) return false;
  ++census.more_holders;
  census.more_used += census.holders.back().used;
  census.holders.pop_back();
  return true;
}

}  // namespace

std::string incidents_json(const incidents::Incidents& incidents, WallTime now) {
  Json out;
  out["schema_version"] = kIncidentsSchemaVersion;
  out["taken_at"] = time_text(now);
  out["incidents"] = Json::array();
  for (const auto& incident : incidents) out["incidents"].push_back(incident_json(*incident));
  return printed(out);
}

std::string incident_line(const Incident& incident, std::size_t most_bytes) {
  std::string line = line_of(incident);
  if (line.size() <= most_bytes || !incident.census) return line;
  Incident shorter = incident;
  CensusView census = *incident.census;
  while (line.size() > most_bytes && shorten(census)) {
    shorter.census = std::make_shared<const CensusView>(census);
    line = line_of(shorter);
  }
  return line;
}

}  // namespace kcommons::report
