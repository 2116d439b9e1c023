// One look at the host, for commands that print and end.
#pragma once

#include "attribution/snapshot.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "census/census.hpp"
#include "config/config.hpp"
#include "daemon/host_look.hpp"

namespace kcommons::daemon {

// Attributes a census with nothing cut, as commands show it.
attribution::Snapshot attribute_all(const census::Census& census, double neighbours_above = 0.5);

// An error where the source cannot be opened, or the census as a whole is worth nothing.
Result<OneShot> sample_once(const config::Config& config, const Clock& clock);

}  // namespace kcommons::daemon
