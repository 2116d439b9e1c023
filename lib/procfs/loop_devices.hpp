// Loop devices hold their backing file open in the kernel, in no process's descriptor table
// (drivers/block/loop.c). Each that is bound has a file loop/backing_file in sysfs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace kcommons::procfs {

struct LoopDevices {
  std::uint64_t present = 0;  // 0: no driver
  std::uint64_t bound = 0;
};

// Of /sys/block, which `sys_block` is; empty where it is not there, and nothing is known.
// Thread-safe. Opens one descriptor for the call.
Result<std::optional<LoopDevices>> count_loop_devices(const std::string& sys_block);

}  // namespace kcommons::procfs
