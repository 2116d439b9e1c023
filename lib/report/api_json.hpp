// What the daemon's API tells beside what commands print: schema/api.schema.json says how each of
// it looks. Its numbers are those that /metrics serves of the same snapshot. Pure, thread-safe.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attribution/snapshot.hpp"
#include "attribution/use_history.hpp"
#include "report/audit.hpp"

namespace kcommons::report {

// Of all that follows: a key that is added keeps it, one that goes or means something else raises
// it.
inline constexpr int kApiSchemaVersion = 1;

// Which pools: empty is any.
struct PoolFilter {
  std::string resource;
  std::string userns;
  std::string uid;
};
bool is_wanted(const PoolFilter& filter, catalogue::ResourceId resource, std::string_view userns,
               std::string_view uid);

// How full each pool is, who holds the most and who shares it; each as in an audit.
std::string pools_json(const Audit& audit, const PoolFilter& filter);

// `audit` is of the snapshot. With `container_id`, those whose id begins so.
std::string containers_json(const Audit& audit, const attribution::Snapshot& snapshot,
                            std::string_view container_id);
std::string users_json(const Audit& audit, const attribution::Snapshot& snapshot);

std::string history_json(const std::vector<attribution::PoolUse>& uses,
                         std::chrono::milliseconds window);

// What there is to ask for.
struct ApiPath {
  std::string_view path;
  std::string_view parameters;  // "resource, userns, uid"; empty: none
  std::string_view about;
};
std::string index_json(std::string_view version, std::span<const ApiPath> paths);

}  // namespace kcommons::report
