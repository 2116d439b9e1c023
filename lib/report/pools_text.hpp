// The pools as an aligned plain table, for terminals and for clients that prefer text. Pure,
// thread-safe.
#pragma once

#include <string>
#include <vector>

#include "report/pool_rows.hpp"

namespace kcommons::report {

// One line of headings, one line per row in the order given, each ending in a newline. Lines have
// at most 80 columns as long as no number has more than eight digits: long names lose their middle.
std::string pools_text(const std::vector<PoolRow>& rows);

}  // namespace kcommons::report
