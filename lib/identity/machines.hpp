// Files of /run/systemd/machines, which systemd-machined writes for its own use and calls private:
// only what its D-Bus interface tells as well is taken (machine.c, org.freedesktop.machine1(5)).
// Pure, thread-safe.
#pragma once

#include <string_view>

#include "identity/facts.hpp"

namespace kcommons::identity {

// Name, unit (as cgroup_path, one component), first process, and runtime where it is nspawn's.
// Empty where it is no such file.
Facts parse_machine(std::string_view text);

}  // namespace kcommons::identity
