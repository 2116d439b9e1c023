// The subtraction as JSON; schema/subtract.schema.json says how it looks. Pure, thread-safe.
// Whatever stands in it is made printable; names of sysctls may come from modules.
#pragma once

#include <string>

#include "subtraction/subtraction.hpp"

namespace kcommons::report {

// Of the form: a key that is added keeps it, one that goes or means something else raises it.
inline constexpr int kSubtractSchemaVersion = 1;

// One document, indented by two, with a newline at its end.
std::string subtraction_json(const subtraction::Subtraction& subtraction);

}  // namespace kcommons::report
