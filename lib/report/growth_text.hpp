// How a pool grows, and when it will be full, in words. Pure, thread-safe.
#pragma once

#include <chrono>
#include <string>

#include "attribution/snapshot.hpp"

namespace kcommons::report {

// To two units at most: "45 s", "12 min", "2 h 10 min", "3 d 4 h".
std::string duration_text(std::chrono::seconds duration);

// "Full in about 2 h 10 min at the rate of the last hour (3.1 a second)", or of the last 12 min,
// where it was not watched longer.
std::string full_in_text(std::chrono::seconds full_in, const attribution::Growth& growth);

}  // namespace kcommons::report
