// /proc/cgroups: of it how many memory cgroups there are, removed ones that are not freed yet
// included (cgroups(7); kernel/cgroup/cgroup-v1.c, proc_cgroupstats_show). Pure, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.hpp"

namespace kcommons::procfs {

// Empty where the kernel has no memory controller, does not list it, or has it switched off.
Result<std::optional<std::uint64_t>> parse_memory_cgroups(std::string_view text);

}  // namespace kcommons::procfs
