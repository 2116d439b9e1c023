// The pools as they stand now, between two censuses: what is read every second, completed with
// what only a census tells.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attribution/snapshot.hpp"
#include "catalogue/catalogue.hpp"
#include "census/census.hpp"

namespace kcommons::attribution {

struct CurrentPool {
  catalogue::ResourceId resource{};
  std::string userns;                     // "" for a pool of the host, "initial", or an inode
  std::string uid;                        // "" for a pool of the host; "_other" for what was cut
  std::optional<std::uint64_t> used;      // empty: not read
  std::optional<catalogue::Limit> limit;  // empty: not read
};

// Pools of the host come from `reading`. Pools of users come from `snapshot`, the last census
// (null before the first), with the limit of `reading`. Pure.
std::vector<CurrentPool> current_pools(const census::PoolsReading& reading,
                                       const Snapshot* snapshot);

}  // namespace kcommons::attribution
