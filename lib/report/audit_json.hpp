// An audit as JSON; schema/audit.schema.json says how it looks. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "report/audit.hpp"

namespace kcommons::report {

inline constexpr int kAuditSchemaVersion = 1;

std::string audit_json(const Audit& audit);

// What the API answers in its place, {"error": "why"}, and why, on one printable line; empty where
// it is something else.
std::string error_json(std::string_view message);
std::string parse_error_json(std::string_view json);

}  // namespace kcommons::report
