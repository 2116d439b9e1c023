#include "report/top_json.hpp"

#include <string_view>

#include "report/json.hpp"
#include "report/top_row_json.hpp"
#include "report/top_words.hpp"

namespace kcommons::report {

void add_pool_labels(const TopPool& pool, Json& out) {
  out["resource"] = catalogue::resource(pool.resource).name;
  out["userns"] = safe(pool.userns);
  out["uid"] = safe(pool.uid);
}

void add_numbers(const TopRow& row, Json& out) {
  out["used"] = row.used;
  out["runtime_used"] = row.runtime_used;
  out["share"] = or_null(row.share);
  out["limit_ratio"] = or_null(row.limit_ratio);
}

namespace {

Json pool_json(const TopPool& pool) {
  Json out;
  add_pool_labels(pool, out);
  out["scope"] = catalogue::name_of(catalogue::resource(pool.resource).scope);
  out["pool_used_at_census"] = or_null(pool.used);
  out["pool_limit"] = pool.limit ? or_null(pool.limit->value) : Json(nullptr);
  out["unlimited"] = pool.limit && !pool.limit->value;
  out["shown"] = {{"rows", pool.rows_shown}, {"used", pool.held}};
  out["more"] = {{"rows", pool.rows_cut}, {"used", pool.cut}};
  out["unattributed"] = Json::array();
  for (const auto& part : pool.unattributed) {
    out["unattributed"].push_back({{"cause", part.cause}, {"used", part.amount}});
  }
  return out;
}

Json who_json(const TopWho& who) {
  Json out;
  out["kind"] = name_of(who.kind);
  out["name"] = safe(who.name);
  out["container_id"] = safe(who.container_id);
  out["runtime"] = safe(who.runtime);
  out["container"] = safe(who.container);
  out["pod"] = safe(who.pod);
  out["namespace"] = safe(who.pod_namespace);
  out["unit"] = safe(who.unit);
  out["uid"] = safe(who.uid);
  if (who.kind != TopWho::Kind::kProcess) return out;
  out["pid"] = who.pid.value_or(Pid{}).value();
  out["command"] = who.command ? Json(safe(*who.command)) : Json(nullptr);
  return out;
}

Json row_json(const Top& top, const TopRow& row) {
  Json out;
  add_pool_labels(top.pools[row.pool], out);
  out["who"] = who_json(top.who[row.who]);
  add_numbers(row, out);
  return out;
}

}  // namespace

std::string top_json(const Top& top) {
  Json out;
  out["schema_version"] = kTopSchemaVersion;
  out["taken_at"] = time_text(top.taken_at);
  out["source"] = safe(top.source);
  out["source_reason"] = safe(top.source_reason);
  out["exact"] = top.exact;
  out["complete"] = top.complete;
  out["warnings"] = Json::array();
  for (const std::string& warning : top.warnings) out["warnings"].push_back(safe(warning));
  out["by"] = name_of(top.by);
  out["pools"] = Json::array();
  for (const TopPool& pool : top.pools) out["pools"].push_back(pool_json(pool));
  out["unused"] = Json::array();
  for (const auto resource : top.unused) {
    out["unused"].push_back(catalogue::resource(resource).name);
  }
  out["rows"] = Json::array();
  for (const TopRow& row : top.rows) out["rows"].push_back(row_json(top, row));
  return printed(out);
}

}  // namespace kcommons::report
