// kcmp(2): whether two descriptors are one open file, and whether two tasks share one table of
// descriptors. Exact, about 1.7 us a call. Not a file of procfs, but the proof for what its texts
// only suggest.
//
// The PIDs are those of the caller's own PID namespace: ask ProcRoot::shares_pid_namespace() first.
// Needs PTRACE_MODE_READ on both tasks (kDenied) and a kernel with CONFIG_KCMP (kOther, ENOSYS). A
// PID may be reused meanwhile: keep its ProcessDir open and see that it exists afterwards.
// Thread-safe.
#pragma once

#include <cstdint>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace kcommons::procfs {

// Of the addresses of two open files in the kernel, scrambled; lasts until the next boot, so that
// files can be sorted by it. kUnknown: not equal, and the kernel does not say which is less.
enum class FileOrder : std::uint8_t { kEqual, kLess, kGreater, kUnknown };

// kGone when a process or a descriptor (EBADF) is not there.
Result<FileOrder> compare_files(Pid a, int fd_a, Pid b, int fd_b);

// Two tasks that have no table any more, as zombies do, are said to share one.
Result<bool> share_file_table(Pid a, Pid b);

}  // namespace kcommons::procfs
