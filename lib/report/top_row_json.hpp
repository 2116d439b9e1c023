// What the JSON of `top` and of `explain` have in common. Pure, thread-safe.
#pragma once

#include "report/json.hpp"
#include "report/top.hpp"

namespace kcommons::report {

void add_pool_labels(const TopPool& pool, Json& out);
void add_numbers(const TopRow& row, Json& out);

}  // namespace kcommons::report
