// The way back: what `kcommons top` shows out of the JSON that top_json() made of it, on another
// machine or by another version. Nothing in it is trusted: what is missing, of another type,
// unknown to this catalogue or contradicts itself is an error that names it, and text is made
// printable. Pure, thread-safe.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "report/top.hpp"

namespace kcommons::report {

// When a process started is not told, so that TopWho::start_time is 0. Keys that are not known are
// ignored.
Result<Top> parse_top_json(std::string_view json);

}  // namespace kcommons::report
