// One look at the host, for commands that print and end.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "daemon/host_look.hpp"

namespace kcommons::daemon {

// An error where the source cannot be opened, or the census as a whole is worth nothing.
Result<OneShot> sample_once(const config::Config& config, const Clock& clock);

}  // namespace kcommons::daemon
