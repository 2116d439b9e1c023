#include "report/api_json.hpp"

#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.hpp"
#include "report/audit_part_json.hpp"
#include "report/json.hpp"

namespace kcommons::report {

namespace {

using attribution::Holder;
using attribution::Pool;
using attribution::Snapshot;

Json head(const Audit& audit) {
  Json out;
  out["schema_version"] = kApiSchemaVersion;
  add_source(audit, out);
  return out;
}

void add_pool_labels(catalogue::ResourceId resource, std::string_view userns, std::string_view uid,
                     Json& out) {
  out["resource"] = catalogue::resource(resource).name;
  out["userns"] = safe(userns);
  out["uid"] = safe(uid);
}

// --- containers -------------------------------------------------------------------------------

Json holding_json(const Pool& pool, const attribution::Holding& holding) {
  Json out;
  add_pool_labels(pool.resource, pool.userns, pool.uid, out);
  out["role"] = cgroup::name_of(holding.role);
  out["used"] = holding.used;
  const auto ratio = attribution::fullness(holding.used, pool.limit);
  const std::uint64_t of_all = pool.used_at_census.value_or(0);
  out["share"] = of_all == 0
                     ? Json(nullptr)
                     : Json(static_cast<double>(holding.used) / static_cast<double>(of_all));
  out["limit_ratio"] = or_null(ratio);
  return out;
}

Json part_json(const Holder::Part& part) {
  Json out;
  out["processes"] = part.processes;
  out["descriptors"] = part.descriptors;
  Json types = nullptr;
  if (part.by_type) {
    types = Json::object();
    for (std::size_t i = 0; i < part.by_type->size(); ++i) {
      const std::uint64_t count = part.by_type->at(i);
      if (count > 0) types[std::string(name_of(static_cast<census::DescriptorType>(i)))] = count;
    }
  }
  out["by_type"] = std::move(types);
  return out;
}

Json container_json(const Holder& holder, Json holdings) {
  Json out;
  out["name"] = safe(holder_name(holder));
  out["container_id"] = safe(holder.container_id);
  out["runtime"] = safe(holder.runtime);
  out["container"] = safe(holder.container);
  out["pod"] = safe(holder.pod);
  out["namespace"] = safe(holder.pod_namespace);
  out["pod_uid"] = safe(holder.pod_uid);
  out["image"] = safe(holder.image);
  out["compose_project"] = safe(holder.compose_project);
  out["compose_service"] = safe(holder.compose_service);
  out["labels"] = Json::object();
  for (const auto& [name, value] : holder.labels) out["labels"][safe(name)] = safe(value);
  out["parent_id"] = safe(holder.parent_id);
  out["cgroup"] = safe(holder.cgroup);
  out["sandbox"] = holder.sandbox;
  out["named"] = holder.named;
  out["workload"] = part_json(holder.workload);
  out["runtime_part"] = part_json(holder.runtime_part);
  out["descriptor_limit_ratio"] = or_null(holder.descriptor_limit_ratio);
  out["receive_dropped"] = or_null(holder.receive_dropped);
  out["holdings"] = std::move(holdings);
  return out;
}

// --- users ------------------------------------------------------------------------------------

// By UID, as a number where it is one.
using UserKey = std::pair<std::uint64_t, std::string>;

UserKey key_of(const std::string& uid) {
  constexpr std::uint64_t kLast = ~std::uint64_t{0};
  return {text::parse_number<std::uint64_t>(uid).value_or(kLast), uid};
}

Json use_json(catalogue::ResourceId resource, std::string_view userns, std::uint64_t used,
              const std::optional<catalogue::Limit>& limit) {
  Json out;
  out["resource"] = catalogue::resource(resource).name;
  out["userns"] = safe(userns);
  out["used"] = used;
  out["limit"] = limit ? or_null(limit->value) : Json(nullptr);
  out["unlimited"] = limit && !limit->value;
  out["ratio"] = or_null(attribution::fullness(used, limit));
  return out;
}

// --- history ----------------------------------------------------------------------------------

Json points_json(const std::vector<attribution::UsePoint>& points) {
  Json out = Json::array();
  for (const attribution::UsePoint& point : points) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(point.at.time_since_epoch());
    out.push_back({seconds.count(), point.used});
  }
  return out;
}

Json use_json(const attribution::PoolUse& use) {
  Json out;
  add_pool_labels(use.resource, use.userns, use.uid, out);
  out["points"] = points_json(use.points);
  out["holders"] = Json::array();
  for (const attribution::HolderUse& holder : use.holders) {
    out["holders"].push_back({{"name", safe(holder.name)},
                              {"container_id", safe(holder.id)},
                              {"role", holder.runtime ? "runtime" : "workload"},
                              {"points", points_json(holder.points)}});
  }
  return out;
}

}  // namespace

bool is_wanted(const PoolFilter& filter, catalogue::ResourceId resource, std::string_view userns,
               std::string_view uid) {
  if (!filter.resource.empty() && catalogue::resource(resource).name != filter.resource) {
    return false;
  }
  if (!filter.userns.empty() && userns != filter.userns) return false;
  return filter.uid.empty() || uid == filter.uid;
}

std::string pools_json(const Audit& audit, const PoolFilter& filter) {
  Json out = head(audit);
  out["pools"] = Json::array();
  for (const AuditPool& pool : audit.pools) {
    const PoolRow& row = pool.row;
    if (is_wanted(filter, row.resource, row.userns, row.uid)) {
      out["pools"].push_back(pool_json(pool));
    }
  }
  return printed(out);
}

std::string containers_json(const Audit& audit, const Snapshot& snapshot,
                            std::string_view container_id) {
  std::vector<Json> holdings(snapshot.holders.size(), Json::array());
  for (const Pool& pool : snapshot.pools) {
    for (const attribution::Holding& holding : pool.holdings) {
      holdings[holding.holder].push_back(holding_json(pool, holding));
    }
  }
  Json out = head(audit);
  out["containers"] = Json::array();
  for (std::size_t i = 0; i < snapshot.holders.size(); ++i) {
    const Holder& holder = snapshot.holders[i];
    if (!attribution::is_container(holder)) continue;
    if (!holder.container_id.starts_with(container_id)) continue;
    out["containers"].push_back(container_json(holder, std::move(holdings[i])));
  }
  return printed(out);
}

std::string users_json(const Audit& audit, const Snapshot& snapshot) {
  std::map<UserKey, std::pair<std::string, Json>> users;
  const auto user = [&users](const std::string& uid) -> std::pair<std::string, Json>& {
    return users.try_emplace(key_of(uid), std::string(), Json::array()).first->second;
  };
  for (const Pool& pool : snapshot.pools) {
    if (pool.uid.empty() || !pool.used_at_census) continue;
    user(pool.uid).second.push_back(
        use_json(pool.resource, pool.userns, *pool.used_at_census, pool.limit));
  }
  for (const attribution::UserUse& use : snapshot.users) {
    auto& [name, uses] = user(use.uid);
    if (name.empty()) name = use.user;
    uses.push_back(use_json(use.resource, "", use.used, std::nullopt));
  }
  Json out = head(audit);
  out["users"] = Json::array();
  for (auto& [key, one] : users) {
    out["users"].push_back(
        {{"uid", safe(key.second)}, {"user", safe(one.first)}, {"uses", std::move(one.second)}});
  }
  return printed(out);
}

std::string history_json(const std::vector<attribution::PoolUse>& uses,
                         std::chrono::milliseconds window) {
  Json out;
  out["schema_version"] = kApiSchemaVersion;
  out["window_seconds"] = std::chrono::duration<double>(window).count();
  out["pools"] = Json::array();
  for (const attribution::PoolUse& use : uses) out["pools"].push_back(use_json(use));
  // On one line: a line for each number would be most of it.
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string index_json(std::string_view version, std::span<const ApiPath> paths) {
  Json out;
  out["schema_version"] = kApiSchemaVersion;
  out["version"] = safe(version);
  out["paths"] = Json::array();
  for (const ApiPath& path : paths) {
    out["paths"].push_back(
        {{"path", path.path}, {"parameters", path.parameters}, {"about", path.about}});
  }
  return printed(out);
}

}  // namespace kcommons::report
