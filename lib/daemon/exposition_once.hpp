// What the daemon would serve, of one look at the host: for those who want a file now and then, and
// no daemon.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "daemon/daemon.hpp"

namespace kcommons::daemon {

// Text of the format 0.0.4. Without process_*, which are those of whoever serves the file, without
// peaks, for which there is nothing to compare with, and cut to `_other` as a scrape is. An error
// where the source cannot be opened, or the look as a whole is worth nothing.
Result<std::string> exposition_once(const config::Config& config, const BuildInfo& build,
                                    const Clock& clock);

}  // namespace kcommons::daemon
