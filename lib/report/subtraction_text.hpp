// The subtraction for people: a table, markdown. Pure, thread-safe. Whatever stands in it is made
// printable; names of sysctls may come from modules.
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

}  // namespace kcommons::report
