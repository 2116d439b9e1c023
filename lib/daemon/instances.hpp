// The inotify instances of a process of this host, and what they watch, read when somebody asks. It
// takes the rights of ptrace(2) over the process (CAP_SYS_PTRACE for those of others), and holds up
// its inotify_add_watch(2) while it reads: 105 ms at 100,000 watches (procfs/fdinfo.hpp).
// Thread-safe.
#pragma once

#include <cstddef>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "report/instances.hpp"

namespace kcommons::daemon {

// `procfs`: where it is mounted.
Result<report::Instances> read_instances(const std::string& procfs, Pid pid);

// The first `most` watches of the instance that the descriptor leads to.
Result<report::Watches> read_watches(const std::string& procfs, Pid pid, int fd, std::size_t most);

}  // namespace kcommons::daemon
