#include "attribution/current_pools.hpp"

namespace kcommons::attribution {

std::vector<CurrentPool> current_pools(const census::PoolsReading& reading,
                                       const Snapshot* snapshot) {
  std::vector<CurrentPool> pools;
  for (const catalogue::Resource& resource : catalogue::kResources) {
    const census::Reading& now = reading.readings[static_cast<std::size_t>(resource.id)];
    if (resource.scope == catalogue::Scope::kHost) {
      if (!now.used && !now.limit) continue;
      pools.push_back(
          {.resource = resource.id, .userns = "", .uid = "", .used = now.used, .limit = now.limit});
      continue;
    }
    if (snapshot == nullptr) continue;
    for (const Pool& pool : snapshot->pools) {
      if (pool.resource != resource.id) continue;
      pools.push_back({.resource = resource.id,
                       .userns = pool.userns,
                       .uid = pool.uid,
                       .used = pool.used_at_census,
                       .limit = pool.limit ? now.limit : std::nullopt});
    }
  }
  return pools;
}

}  // namespace kcommons::attribution
