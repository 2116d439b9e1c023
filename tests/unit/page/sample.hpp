// Models for tests of lib/page, in a few readable lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "page/model.hpp"

namespace kcommons::page::test {

using attribution::Snapshot;
using catalogue::ResourceId;

// Each gives the index of what it added.
std::uint32_t add_unit(Snapshot& snapshot, std::string unit);
std::uint32_t add_container(Snapshot& snapshot, std::string id, std::string name);

// A pool of a user in the initial namespace, or of the host for an empty uid.
attribution::Pool& add_pool(Snapshot& snapshot, ResourceId resource, std::string uid,
                            std::uint64_t used, std::uint64_t limit);

// Everything that is derived from a snapshot, as the daemon derives it.
Model model_of(Snapshot snapshot);

// The article's first experiment: container e2e-hog has nearly all open files, e2e-victim and a
// unit of the host share them; and a pool of watches that has room.
Snapshot article();

// A thousand containers with 28 series each, on a host with 100 units and 50 users.
Snapshot thousand();

// A point a minute, up to `now` of model_of().
std::vector<attribution::UsePoint> hour_of(std::uint64_t first, std::uint64_t last);
// Of every pool of thousand() and its ten largest holders.
attribution::PoolUse use_of(const Snapshot& snapshot, const attribution::PoolKey& key);

std::size_t occurrences(std::string_view text, std::string_view part);

}  // namespace kcommons::page::test
