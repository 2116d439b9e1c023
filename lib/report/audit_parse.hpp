// The way back: an audit out of the JSON that audit_json() made of it, on another machine or by
// another version. Nothing in it is trusted: what is missing, of another type, unknown to this
// catalogue or contradicts itself is an error that names it, and text is made printable. Pure,
// thread-safe.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "report/audit.hpp"

namespace kcommons::report {

// What the catalogue says of a resource (unit, scope, error, …) is taken from the one here, and
// PoolRow::pool is the pool's place in the list. Keys that are not known are ignored.
Result<Audit> parse_audit_json(std::string_view json);

}  // namespace kcommons::report
