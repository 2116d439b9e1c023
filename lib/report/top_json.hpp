// `kcommons top` as JSON, of the form that lib/report/schema/top.schema.json fixes. Pure,
// thread-safe.
#pragma once

#include <string>

#include "report/top.hpp"

namespace kcommons::report {

// Of the form: a key that is added keeps it, one that goes or means something else raises it.
inline constexpr int kTopSchemaVersion = 1;

// One document, indented by two, with a newline at its end. Keys have a fixed order, and are the
// names of metrics without their prefix where there is one. Bytes that are no UTF-8 become U+FFFD.
std::string top_json(const Top& top);

}  // namespace kcommons::report
