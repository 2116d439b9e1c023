// The newest incidents as a table. Pure, thread-safe.
#pragma once

#include <string>

#include "incidents/incident.hpp"

namespace kcommons::page {

std::string incident_section(const incidents::Incidents& incidents);

}  // namespace kcommons::page
