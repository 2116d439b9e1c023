// Entering namespaces that hold nobody else, as a user that owns nothing else. Each function
// changes the calling process, for good: they are for a child that was forked for this. Not
// thread-safe.
//
// What makes it harmless: the child is root of a user namespace whose owner is an unprivileged UID,
// so the kernel gives it what is the namespace's own and refuses it all that is the host's. That
// would not hold for a namespace owned by root: /proc/sys asks whether the writer's UID is the
// host's 0, not for capabilities (fs/proc/proc_sysctl.c, test_perm).
#pragma once

#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace kcommons::subtraction {

// SIGKILL when the process that forked this one ends. To be called after the last change of UID,
// which takes it back (prctl(2)).
void die_with_parent();

// UID and GID become `uid`, all other groups and all capabilities are given up.
Result<void> become_user(Uid uid);

// A new user namespace, in which this process is root. `proc_fd` is a procfs that shows it.
Result<void> enter_user_namespace(int proc_fd);

// That, and a new namespace of every other kind. Of the PID and time namespaces children are the
// first members. Kinds that this kernel does not have are left out; the names of the others come
// back: "user, net, ipc, pid, mnt, uts, cgroup, time".
Result<std::string> enter_fresh_namespaces(int proc_fd);

// A file system of its own that is mounted nowhere: a procfs of the PID namespace of the caller, or
// a devpts. The descriptor is its root.
Result<UniqueFd> detached_mount(const char* type, const char* option, const char* value);

// An error if this process could change a limit of the host.
Result<void> check_harmless(int proc_fd);

}  // namespace kcommons::subtraction
