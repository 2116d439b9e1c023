// The pools as they stand now, between two censuses: what is read every second, completed with
// what only a census tells.
#pragma once

#include <cstddef>
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
  std::optional<std::uint64_t> peak = std::nullopt;  // the most it was lately; set by PoolPeaks
};

// Pools of the host come from `reading`, and pools of users as far as it has them. Those that it
// has not come from `snapshot`, the last census (null before the first): all of them where the
// source cannot read what the kernel charges, else those of users none of whose processes live.
// Not more than `max_pools` of users are named; what is beyond is in `_other`. Pure.
std::vector<CurrentPool> current_pools(const census::PoolsReading& reading,
                                       const Snapshot* snapshot, std::size_t max_pools);

}  // namespace kcommons::attribution
