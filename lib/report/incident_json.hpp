// Incidents as JSON; schema/incidents.schema.json says how it looks. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <string>

#include "base/clock.hpp"
#include "incidents/incident.hpp"

namespace kcommons::report {

inline constexpr int kIncidentsSchemaVersion = 1;

// The whole document, in the order given.
std::string incidents_json(const incidents::Incidents& incidents, WallTime now);

// One incident on a line without an end, as it stands in the ring file. Of one that is longer the
// names of neighbours and the least holders are left out, until it fits: what they hold is added to
// `more`. Without any it always has less than 2000 bytes.
std::string incident_line(const incidents::Incident& incident, std::size_t most_bytes);

}  // namespace kcommons::report
