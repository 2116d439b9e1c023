// What the JSON of an audit and that of the API have in common. Pure, thread-safe.
#pragma once

#include "report/audit.hpp"
#include "report/json.hpp"

namespace kcommons::report {

// When, by which source, how exactly, and what it lacks.
void add_source(const Audit& audit, Json& out);

// As schema/audit.schema.json has a pool.
Json pool_json(const AuditPool& pool);

}  // namespace kcommons::report
