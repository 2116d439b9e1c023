// What this binary is. Constant, thread-safe.
#pragma once

#include <string>

#include "daemon/daemon.hpp"

namespace kcommons::cmd {

daemon::BuildInfo build_info();

// One line, in the shape in which the tools of the Prometheus project show themselves.
std::string version_line();

}  // namespace kcommons::cmd
