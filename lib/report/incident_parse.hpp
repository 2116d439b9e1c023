// The way back: incidents out of the JSON that incident_json.hpp made of them, on another machine,
// by another version, or before a disk failed. Nothing in it is trusted: what is missing, of
// another type, unknown to this catalogue or out of range is an error that names it, and text is
// made printable. Pure, thread-safe.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "incidents/incident.hpp"

namespace kcommons::report {

// A document of any number of them.
Result<incidents::Incidents> parse_incidents_json(std::string_view json);
// One line of a ring file. Keys that are not known are ignored.
Result<incidents::Incident> parse_incident_line(std::string_view json);

}  // namespace kcommons::report
