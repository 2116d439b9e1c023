// The user namespace of a process and those around it: who is charged for its inotify instances
// and watches. The kernel charges (namespace, effective UID) and then, level by level, the owner of
// each namespace in the one around it (kernel/ucount.c), so grouping by the process's UID is wrong
// for every container with a user namespace.
//
// Rights: the link and the chain need PTRACE_MODE_READ, uid_map none. Thread-safe.
#pragma once

#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "procfs/process_dir.hpp"

namespace kcommons::procfs {

struct UserNsLevel {
  UserNsInode inode;
  // Who made the namespace (NS_GET_OWNER_UID, ioctl_ns(2)), as the reader's user namespace numbers
  // it; 65534 for one that has no number there. 0 for the initial namespace, which nobody made.
  Uid owner;
};

// "user:[4026531837]".
Result<UserNsInode> parse_user_ns_link(std::string_view text);
Result<UserNsInode> read_user_ns_inode(const ProcessDir& process);

// From the process's own namespace outwards to the initial one. Where a namespace outside the
// reader's own would be next, the kernel gives EPERM, and the chain ends: its last level is then
// the reader's own namespace, not the initial one. On a fixture tree only the initial namespace
// works, for which the kernel need not be asked; others are an error.
Result<std::vector<UserNsLevel>> read_user_ns_chain(const ProcessDir& process);

// uid_map maps all UIDs to themselves. For a reader in the initial namespace that tells, without
// ptrace rights, a process of the initial namespace, or of one that numbers users alike.
Result<bool> maps_whole_initial_namespace(const ProcessDir& process);
bool is_whole_identity_map(std::string_view uid_map);

}  // namespace kcommons::procfs
