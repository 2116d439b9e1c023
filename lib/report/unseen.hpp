// What a census could not see, in words for people. Pure, thread-safe.
#pragma once

#include <string_view>

#include "census/census.hpp"

namespace kcommons::report {

// What stands behind their number: "processes whose user namespace is not known, for want of
// permission".
std::string_view words_for(census::Unseen reason);

}  // namespace kcommons::report
