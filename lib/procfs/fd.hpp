// /proc/PID/fd: the descriptors of a process, how many and of what type (proc(5)).
//
// Only the link itself is ever looked at. stat(2) *through* such a link reaches the file system of
// the file and can hang on a dead NFS or FUSE server, so a directory and a regular file cannot be
// told apart here: both are kFile.
//
// Rights: the number by size needs none; the listing needs the owner or CAP_DAC_READ_SEARCH; the
// link texts need PTRACE_MODE_READ as well. The table that is read is that of the thread whose
// directory is given: a leader that is a zombie has none (0 descriptors), though its other threads
// have. In procfs a zombie belongs to root (task_dump_owner of fs/proc/base.c): its user may not
// list it. All functions are thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "procfs/proc_root.hpp"
#include "procfs/process_dir.hpp"

namespace kcommons::procfs {

enum class FdType : std::uint8_t {
  kFile,  // anything with a path: regular file, directory, FIFO with a name
  kSocket,
  kPipe,
  kInotify,
  kFanotify,
  kEpoll,
  kEventfd,
  kTimerfd,
  kSignalfd,
  kPidfd,
  kMemfd,
  kIoUring,
  kBpf,
  kPerfEvent,
  kUserfaultfd,
  kDevice,  // a path below /dev/, but for the file systems that are mounted there
  kOther,
  // What procfs cannot tell apart (kFile) and other sources can.
  kRegular,
  kDirectory,
};
inline constexpr std::size_t kFdTypeCount = 19;

// The value of the label `type`.
constexpr std::string_view name_of(FdType type) {
  constexpr std::array<std::string_view, kFdTypeCount> kNames = {
      "file",        "socket",   "pipe",  "inotify", "fanotify", "epoll", "eventfd",
      "timerfd",     "signalfd", "pidfd", "memfd",   "io_uring", "bpf",   "perf_event",
      "userfaultfd", "device",   "other", "regular", "directory"};
  return kNames.at(static_cast<std::size_t>(type));
}

struct FdEntry {
  int number = 0;
  FdType type = FdType::kOther;
  // Two descriptors of one open file have the same key at one moment; the reverse does not hold.
  // For sockets and pipes the inode (one socket is one file, a pipe has two ends), otherwise a
  // hash of the link text, which all anonymous inodes of one kind share.
  std::uint64_t key = 0;
};

// Pure. Texts that begin with "/" are paths, whatever they end in; all others are the kernel's own
// names. A process may choose a path that looks like a memfd, but nothing more than that.
FdEntry classify(int number, std::string_view link_text);

// The size of "fd", without opening anything. Only meaningful if root.counts_by_size(), an error
// otherwise.
Result<std::uint64_t> count_fds_by_size(const ProcRoot& root, const ProcessDir& process);
// The same when not even the directory of the process can be opened (EMFILE, ENFILE).
Result<std::uint64_t> count_fds_by_size(const ProcRoot& root, Pid pid);

// All descriptors, in the order of the kernel. `out` is cleared first and empty after an error.
// Descriptors that are closed in between are left out. kDenied where the directory or the links may
// not be read.
Result<void> list_fds(const ProcessDir& process, std::vector<FdEntry>& out);

// By listing alone: works with CAP_DAC_READ_SEARCH and no ptrace rights, for kernels without the
// size.
Result<std::uint64_t> count_fd_names(const ProcessDir& process);

// True where the descriptor can be written to, false where it can only be read: tells the two ends
// of a pipe apart. It is in the mode of the link itself, r-x or -wx (tid_fd_update_inode of
// fs/proc/fd.c). The links of a fixture tree are always rwx, so true.
Result<bool> is_write_end(const ProcessDir& process, int fd_number);

}  // namespace kcommons::procfs
