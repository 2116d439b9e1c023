#include "attribution/current_pools.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "attribution/books.hpp"

namespace kcommons::attribution {

namespace {

using catalogue::Resource;
using Charges = std::map<PoolKey, std::pair<std::uint64_t, std::optional<catalogue::Limit>>>;

Charges charges_by_pool(const census::PoolsReading& reading) {
  Charges charges;
  for (const census::Charge& charge : reading.charges) {
    auto& [used, limit] = charges[pool_of_user(charge.resource, charge.user_ns, charge.uid)];
    used += charge.used;
    limit = charge.limit;
  }
  return charges;
}

// The pools of users, named ones first.
class UserPools final {
 public:
  UserPools(const census::PoolsReading& reading, std::size_t max_pools)
      : reading_(reading), charges_(charges_by_pool(reading)), max_pools_(max_pools) {}

  // A pool of the last census, with what is charged to it now where that was read.
  void add(const Pool& pool) {
    if (pool.uid == kOther) {
      others_[pool.resource] = pool.used_at_census.value_or(0);
      return;
    }
    CurrentPool current{.resource = pool.resource,
                        .userns = pool.userns,
                        .uid = pool.uid,
                        .used = pool.used_at_census,
                        .limit = pool.limit ? limit_of(pool) : std::nullopt};
    if (auto charge = charges_.extract({pool.resource, pool.userns, pool.uid}); charge) {
      current.used = charge.mapped().first;
      if (charge.mapped().second) current.limit = charge.mapped().second;
    }
    pools_.push_back(std::move(current));
  }

  // Then those that are new since.
  std::vector<CurrentPool> finish() && {
    std::map<catalogue::ResourceId, std::uint64_t> unnamed;
    for (const auto& [key, charge] : charges_) {
      if (charge.first == 0) continue;
      if (others_.contains(key.resource) || pools_.size() >= max_pools_) {
        unnamed[key.resource] += charge.first;
        continue;
      }
      pools_.push_back({.resource = key.resource,
                        .userns = key.userns,
                        .uid = key.uid,
                        .used = charge.first,
                        .limit = charge.second ? charge.second : limit_of(key.resource)});
    }
    for (const auto& [resource, used] : unnamed) others_[resource] = used;
    for (const auto& [resource, used] : others_) {
      pools_.push_back({.resource = resource,
                        .userns = std::string(kOther),
                        .uid = std::string(kOther),
                        .used = used});
    }
    return std::move(pools_);
  }

 private:
  // The limit of all users is read every time, one of a single pool with its charge alone.
  [[nodiscard]] std::optional<catalogue::Limit> limit_of(const Pool& pool) const {
    const bool own = pool.userns != "initial" && !pool.userns.empty() &&
                     std::ranges::find(reading_.charges, pool.resource,
                                       &census::Charge::resource) != reading_.charges.end();
    // Without a sysctl it is one of the processes', which only a census sees.
    const bool of_processes = catalogue::resource(pool.resource).sysctl.empty();
    return own || of_processes ? pool.limit : limit_of(pool.resource);
  }
  [[nodiscard]] std::optional<catalogue::Limit> limit_of(catalogue::ResourceId resource) const {
    return reading_.readings[catalogue::index_of(resource)].limit;
  }

  const census::PoolsReading& reading_;
  Charges charges_;
  std::size_t max_pools_;
  std::vector<CurrentPool> pools_;
  std::map<catalogue::ResourceId, std::uint64_t> others_;  // what `_other` has, where it is one
};

// Of the queues of inotify instances only a census tells.
bool is_read_by_pools_pass(catalogue::ResourceId resource) {
  return resource != catalogue::ResourceId::kInotifyQueuedEvents;
}

}  // namespace

std::vector<CurrentPool> current_pools(const census::PoolsReading& reading,
                                       const Snapshot* snapshot, std::size_t max_pools) {
  std::vector<CurrentPool> pools;
  for (const Resource& resource : catalogue::kResources) {
    if (is_of_user(resource.id)) continue;
    const census::Reading& now = reading.readings[catalogue::index_of(resource.id)];
    if (!now.used && !now.limit) continue;
    pools.push_back(
        {.resource = resource.id, .userns = "", .uid = "", .used = now.used, .limit = now.limit});
  }
  UserPools users(reading, max_pools);
  if (snapshot != nullptr) {
    for (const Pool& pool : snapshot->pools) {
      if (is_of_user(pool.resource)) {
        users.add(pool);
      } else if (!is_read_by_pools_pass(pool.resource)) {
        pools.push_back({.resource = pool.resource,
                         .userns = "",
                         .uid = "",
                         .used = pool.used_at_census,
                         .limit = pool.limit});
      }
    }
  }
  for (CurrentPool& pool : std::move(users).finish()) pools.push_back(std::move(pool));
  return pools;
}

}  // namespace kcommons::attribution
