// Snapshots for the tests of exposition: one small and ordinary, one full of hostile names, and
// random ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "attribution/current_pools.hpp"
#include "attribution/snapshot.hpp"

namespace kcommons::testing {

attribution::Holder container(std::string id, std::string name);
attribution::Holder host_unit(std::string unit);
catalogue::Limit limit_of(std::uint64_t value);
inline constexpr catalogue::Limit kNoLimit{};

// Two containers, one with a shim, a unit and the bucket of what was cut; one pool of each
// resource, of which inotify_watches is nearly full and open_files has no limit.
attribution::Snapshot plain_snapshot();
std::vector<attribution::CurrentPool> plain_pools();

// As an attacker would name things: line feeds, quotes, backslashes, invalid UTF-8, NUL, HTML,
// 5,000 bytes; and two containers that differ beyond the 256th byte alone.
attribution::Snapshot hostile_snapshot();

// Consistent, with names from so small a set that labels repeat.
attribution::Snapshot random_snapshot(std::mt19937& random);

// The same facts in another order: holders, pools, holdings, neighbours, users and ages.
attribution::Snapshot shuffled(const attribution::Snapshot& snapshot, std::mt19937& random);

}  // namespace kcommons::testing
