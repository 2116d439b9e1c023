// An audit as text for a terminal or a pipe, and as Markdown for a ticket. Pure, thread-safe.
#pragma once

#include <string>

#include "report/audit.hpp"
#include "report/table.hpp"

namespace kcommons::report {

struct AuditDetail {
  bool all = false;  // every pool of every user, in place of the fullest of each resource
};

std::string audit_text(const Audit& audit, const AuditDetail& detail, const Paper& paper);
std::string audit_markdown(const Audit& audit, const AuditDetail& detail);

}  // namespace kcommons::report
