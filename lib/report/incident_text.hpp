// Incidents for people: a table, and the newest of them in full. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <string>

#include "incidents/incident.hpp"
#include "report/table.hpp"

namespace kcommons::report {

// In the order given. The first `in_full` are told below the table, with their holders. Times are
// in UTC.
std::string incidents_text(const incidents::Incidents& incidents, std::size_t in_full,
                           const Paper& paper);

}  // namespace kcommons::report
