// The daemon's own process, for the process_ metrics that Prometheus users expect (see "Writing
// client libraries", process metrics). Thread-safe; what cannot be read is left out.
#pragma once

#include "base/clock.hpp"
#include "exposition/self_metrics.hpp"

namespace kcommons::daemon {

exposition::ProcessStats read_own_process(WallTime started);

}  // namespace kcommons::daemon
