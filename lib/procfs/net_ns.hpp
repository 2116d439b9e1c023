// The network namespace of a process: who is in the same one shares its devices, and what they
// drop. Thread-safe.
//
// Rights: the link ns/net needs PTRACE_MODE_READ. The files of /proc/PID/net may be looked at by
// anyone, and each namespace has its own, so whether a process is in the reader's own namespace can
// be told without rights (fs/proc/proc_net.c, get_proc_task_net).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "procfs/proc_root.hpp"
#include "procfs/process_dir.hpp"

namespace kcommons::procfs {

// "net:[4026531840]".
Result<NetNsInode> parse_net_ns_link(std::string_view text);
Result<NetNsInode> read_net_ns(const ProcessDir& process);

struct OwnNetwork {
  NetNsInode inode;
  std::uint64_t files = 0;  // inode number of net/dev, which no other namespace has
};

// Of this process itself. An error where it is not seen in that procfs.
Result<OwnNetwork> read_own_network(const ProcRoot& root);
Result<bool> is_in_network(const ProcessDir& process, const OwnNetwork& own);

}  // namespace kcommons::procfs
