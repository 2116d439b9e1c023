#include "report/audit_json.hpp"

#include <string_view>

#include "base/text.hpp"
#include "report/audit_part_json.hpp"
#include "report/json.hpp"

namespace kcommons::report {

namespace {

void add_labels(const PoolRow& row, Json& out) {
  out["resource"] = catalogue::resource(row.resource).name;
  out["userns"] = safe(row.userns);
  out["uid"] = safe(row.uid);
}

Json top_json(const AuditPool& pool) {
  if (!pool.row.top) return nullptr;
  return {{"name", safe(pool.row.top->name)},
          {"container_id", safe(pool.row.top->id)},
          {"role", pool.row.top->runtime ? "runtime" : "workload"},
          {"used", pool.row.top->used},
          {"share", or_null(pool.share)}};
}

void add_growth(const AuditPool& pool, Json& out) {
  out["growth_per_second"] = pool.growth ? Json(pool.growth->per_second) : Json(nullptr);
  out["growth_over_seconds"] = pool.growth ? Json(pool.growth->over.count()) : Json(nullptr);
  out["full_in_seconds"] = pool.full_in ? Json(pool.full_in->count()) : Json(nullptr);
}

}  // namespace

Json pool_json(const AuditPool& pool) {
  const PoolRow& row = pool.row;
  const catalogue::Resource& about = catalogue::resource(row.resource);
  Json out;
  add_labels(row, out);
  out["unit"] = about.unit;
  out["scope"] = catalogue::name_of(about.scope);
  out["used"] = or_null(row.used);
  out["limit"] = row.limit ? or_null(row.limit->value) : Json(nullptr);
  out["unlimited"] = row.limit && !row.limit->value;
  out["ratio"] = or_null(row.ratio);
  add_growth(pool, out);
  out["isolated_by"] = about.isolated_by;
  out["error"] = about.error;
  out["top_holder"] = top_json(pool);
  Json names = Json::array();
  for (const std::string& name : pool.neighbours) names.push_back(safe(name));
  out["neighbours"] = {{"container", row.container_neighbours},
                       {"host", row.host_neighbours},
                       {"names", std::move(names)}};
  return out;
}

void add_source(const Audit& audit, Json& out) {
  out["taken_at"] = time_text(audit.taken_at);
  out["source"] = audit.source;
  out["source_reason"] = safe(audit.source_reason);
  out["exact"] = audit.exact;
  out["complete"] = audit.complete;
  out["warnings"] = Json::array();
  for (const std::string& warning : audit.warnings) out["warnings"].push_back(safe(warning));
}

namespace {

Json advice_json(const Advice& advice) {
  Json out;
  out["kind"] = name_of(advice.kind);
  out["text"] = safe(advice.text);
  out["command"] = advice.command.empty() ? Json(nullptr) : Json(advice.command);
  out["limit"] = advice.value == 0 ? Json(nullptr) : Json(advice.value);
  out["price_bytes"] = advice.price_bytes == 0 ? Json(nullptr) : Json(advice.price_bytes);
  out["frees"] = advice.kind == Advice::Kind::kOtherUid ? Json(advice.frees) : Json(nullptr);
  return out;
}

Json finding_json(const Audit& audit, const Finding& finding) {
  const PoolRow& row = audit.pools[finding.pool].row;
  Json out;
  out["severity"] = name_of(finding.severity);
  add_labels(row, out);
  out["symptom"] = catalogue::resource(row.resource).symptom;
  out["advice"] = Json::array();
  for (const Advice& advice : finding.advice) out["advice"].push_back(advice_json(advice));
  return out;
}

Json names_json(const std::vector<catalogue::ResourceId>& resources) {
  Json out = Json::array();
  for (const catalogue::ResourceId id : resources) out.push_back(catalogue::resource(id).name);
  return out;
}

}  // namespace

std::string error_json(std::string_view message) {
  return Json{{"error", safe(message)}}.dump() + "\n";
}

std::string parse_error_json(std::string_view json) {
  const Json document = Json::parse(json, nullptr, false);
  if (!document.is_object()) return {};
  const auto at = document.find("error");
  if (at == document.end() || !at->is_string()) return {};
  return text::printable(at->get_ref<const std::string&>());
}

std::string audit_json(const Audit& audit) {
  Json out;
  out["schema_version"] = kAuditSchemaVersion;
  add_source(audit, out);
  out["status"] = name_of(audit.status);
  out["pools"] = Json::array();
  for (const AuditPool& pool : audit.pools) out["pools"].push_back(pool_json(pool));
  out["findings"] = Json::array();
  for (const Finding& finding : audit.findings) {
    out["findings"].push_back(finding_json(audit, finding));
  }
  out["unused"] = names_json(audit.unused);
  out["unread"] = names_json(audit.unread);
  return printed(out);
}

}  // namespace kcommons::report
