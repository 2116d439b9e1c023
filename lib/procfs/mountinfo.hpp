// /proc/PID/mountinfo: what is mounted where in the mount namespace of a process
// (proc_pid_mountinfo(5)):
//
//   36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
//         ^ device ^ root ^ mount point
//
// Pure, thread-safe.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace kcommons::procfs {

struct Mount {
  dev_t device{};
  std::string root;   // within the filesystem: "/" for all of it
  std::string point;  // raw
};

// Malformed where a line is. Blanks, tabs, line breaks and backslashes in paths, which the kernel
// writes as three octal digits, are what they were.
Result<std::vector<Mount>> parse_mountinfo(std::string_view mountinfo);

}  // namespace kcommons::procfs
