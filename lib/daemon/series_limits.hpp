// How much is told apart before the rest is summed into `_other`, as the configuration has it.
#pragma once

#include "attribution/attributor.hpp"
#include "config/config.hpp"

namespace kcommons::daemon {

attribution::Limits limits_of(const config::Config& config);

}  // namespace kcommons::daemon
