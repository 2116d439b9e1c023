// The two blocks of an exposition that describe the host, as text. Pure and thread-safe: the same
// input gives the same bytes, in the order of the metric table.
#pragma once

#include <string>
#include <vector>

#include "attribution/current_pools.hpp"
#include "attribution/snapshot.hpp"

namespace kcommons::exposition {

std::string render_pools(const std::vector<attribution::CurrentPool>& pools);
std::string render_holdings(const attribution::Snapshot& snapshot);

}  // namespace kcommons::exposition
