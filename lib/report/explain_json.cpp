#include "report/explain.hpp"
#include "report/json.hpp"
#include "report/top_row_json.hpp"

namespace kcommons::report {

namespace {

using attribution::Holder;

constexpr int kSchemaVersion = 1;

Json process_json(const ExplainedProcess& process) {
  Json out;
  out["pid"] = process.who.pid.value_or(Pid{}).value();
  out["parent"] = process.parent.value();
  out["command"] = process.who.command ? Json(safe(*process.who.command)) : Json(nullptr);
  out["uid"] = safe(process.who.uid);
  out["userns"] = safe(process.userns);
  out["cgroup"] = safe(process.cgroup);
  out["role"] = cgroup::name_of(process.role);
  return out;
}

Json holder_json(const Holder& holder) {
  Json out;
  out["kind"] = is_container(holder) ? "container" : "host";
  out["unit"] = safe(holder.unit);
  out["container_id"] = safe(holder.container_id);
  out["runtime"] = safe(holder.runtime);
  out["container"] = safe(holder.container);
  out["named"] = holder.named;
  out["pod"] = safe(holder.pod);
  out["namespace"] = safe(holder.pod_namespace);
  out["pod_uid"] = safe(holder.pod_uid);
  out["image"] = safe(holder.image);
  out["compose_project"] = safe(holder.compose_project);
  out["compose_service"] = safe(holder.compose_service);
  out["parent_id"] = safe(holder.parent_id);
  out["cgroup"] = safe(holder.cgroup);
  out["processes"] = holder.workload.processes;
  out["runtime_processes"] = holder.runtime_part.processes;
  return out;
}

Json evidence_json(const identity::Evidence& evidence) {
  const identity::Facts& facts = evidence.facts;
  Json said = Json::object();
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) said[key] = safe(value);
  };
  if (facts.runtime) said["runtime"] = cgroup::name_of(*facts.runtime);
  add("id", facts.id);
  add("container", facts.container);
  add("pod", facts.pod);
  add("namespace", facts.pod_namespace);
  add("pod_uid", facts.pod_uid);
  add("image", facts.image);
  add("compose_project", facts.compose_project);
  add("compose_service", facts.compose_service);
  add("cgroup", facts.cgroup_path);
  if (facts.sandbox) said["sandbox"] = *facts.sandbox;
  if (facts.init) said["first_pid"] = facts.init->value();
  Json out;
  out["source"] = identity::name_of(evidence.source);
  out["where"] = safe(evidence.where);
  out["says"] = std::move(said);
  out["error"] = evidence.error.empty() ? Json(nullptr) : Json(safe(evidence.error));
  return out;
}

Json row_json(const ExplainedRow& booked) {
  Json out;
  add_pool_labels(booked.pool, out);
  add_numbers(booked.row, out);
  return out;
}

Json answer_json(const Explained& answer) {
  Json out;
  out["process"] = answer.process ? process_json(*answer.process) : Json(nullptr);
  out["holder"] = holder_json(answer.holder);
  out["evidence"] = Json::array();
  for (const auto& evidence : answer.trace) out["evidence"].push_back(evidence_json(evidence));
  out["booked"] = Json::array();
  for (const ExplainedRow& row : answer.rows) out["booked"].push_back(row_json(row));
  return out;
}

}  // namespace

std::string explanation_json(const Explanation& explanation) {
  Json out;
  out["schema_version"] = kSchemaVersion;
  out["source"] = safe(explanation.source);
  out["source_reason"] = safe(explanation.source_reason);
  out["complete"] = explanation.complete;
  out["warnings"] = Json::array();
  for (const std::string& warning : explanation.warnings) out["warnings"].push_back(safe(warning));
  out["answers"] = Json::array();
  for (const Explained& answer : explanation.answers) out["answers"].push_back(answer_json(answer));
  return printed(out);
}

}  // namespace kcommons::report
