// Snapshots for tests of lib/report, in a few readable lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "attribution/snapshot.hpp"

namespace kcommons::report::test {

using attribution::Snapshot;
using catalogue::ResourceId;

inline constexpr std::optional<std::uint64_t> kUnlimited = std::nullopt;

// Each gives the index of what it added.
std::uint32_t add_unit(Snapshot& snapshot, std::string unit);
std::uint32_t add_container(Snapshot& snapshot, std::string id, std::string container,
                            std::string pod = {}, std::string pod_namespace = {});

// A pool of a user in the initial namespace, or of the host for an empty uid.
attribution::Pool& add_pool(Snapshot& snapshot, ResourceId resource, std::string uid,
                            std::uint64_t used, std::optional<std::uint64_t> limit);

// What the example of the README would show: three pools with their holders.
Snapshot article();

}  // namespace kcommons::report::test
