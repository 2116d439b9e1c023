// An audit as JSON; schema/audit.schema.json says how it looks. Pure, thread-safe.
#pragma once

#include <string>

#include "report/audit.hpp"

namespace kcommons::report {

inline constexpr int kAuditSchemaVersion = 1;

std::string audit_json(const Audit& audit);

}  // namespace kcommons::report
