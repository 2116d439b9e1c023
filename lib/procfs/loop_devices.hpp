// Loop devices hold their backing file open in the kernel, in no process's descriptor table
// (drivers/block/loop.c). Each that is bound has a file loop/backing_file in sysfs.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace kcommons::procfs {

// How many of /sys/block/loop* are bound. `sys_block` is that directory. Thread-safe. A kernel
// without it has none: 0. Opens one descriptor for the call.
Result<std::uint64_t> count_bound_loop_devices(const std::string& sys_block);

}  // namespace kcommons::procfs
