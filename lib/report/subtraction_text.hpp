// The subtraction for people and programs: a table, markdown, JSON. Pure, thread-safe. Whatever
// stands in it is made printable; names of sysctls may come from modules.
#pragma once

#include <string>

#include "subtraction/subtraction.hpp"

namespace kcommons::report {

// For terminals: a line of columns for each row of the catalogue and below it the evidence, then
// the limits that the catalogue does not know. Lines have at most 80 columns as far as words can be
// parted.
std::string subtraction_table(const subtraction::Subtraction& subtraction);

// The same as tables of markdown, and what is isolated too.
std::string subtraction_markdown(const subtraction::Subtraction& subtraction);

// An object: `kernel`, `namespaces`, `resources` (of objects with `resource`, `sysctl`,
// `catalogue`, `kernel`, `verdict`, `evidence`), and of objects with `sysctl`, `host`, `inside`,
// `kernel`, `remark` the arrays `not_in_catalogue`, `known` and `isolated`. Ends in a newline.
std::string subtraction_json(const subtraction::Subtraction& subtraction);

}  // namespace kcommons::report
