// Which descriptors are the same open file, as far as procfs can tell, so that a file that several
// descriptors or processes share is booked once: at the oldest process that holds it.
//
//   sockets      by the inode of the link text: exact
//   pipes        by inode and end: exact but for re-opens through /proc
//   the rest     a descriptor is compared with the one of the same number and link text in the
//                parent (inherited), and with the last one of the same text in its own table
//                (dup). kcmp(2) decides; after kMaxMismatches in a row the two tables are taken
//                to have nothing in common, so that the cost stays that of the walk.
//
// What is left over counts as a file of its own: the result is an estimate, never too low for
// files that are not shared, too high for shared ones that were not recognised.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "census/census.hpp"
#include "procfs/fd.hpp"
#include "procfs/fdinfo.hpp"
#include "procfs/kcmp.hpp"

namespace kcommons::census {

// One descriptor table: that of a process, or one that a thread has made its own with
// unshare(CLONE_FILES). Entries ascend by number.
struct FileTable {
  Pid task;  // whose table it is; a thread for kcmp's purposes
  std::vector<procfs::FdEntry> entries;
  std::vector<int> write_ends;  // numbers of the pipe ends open for writing; ascending
};

// What fdinfo/ shows to be an inotify instance, for a reader that may not list fd/.
struct ProbedInotify {
  int fd = 0;
  std::optional<procfs::InotifyWatches> watches;  // empty: known from before, not read again
};

// A process as it was read, before files and inotify instances are told apart.
struct RawProcess {
  ProcessRecord record;
  std::optional<std::uint64_t> queued_signals;  // of its user; see procfs::Status
  std::vector<FileTable> tables;                // empty where descriptors could be counted at most
  std::vector<ProbedInotify> inotify_fdinfo;    // only where `tables` is empty
};

// Are two descriptors the same open file, and if not, in which order do they stand? Implemented by
// kcmp(2); tests put their own in. Called from the census thread alone.
class FileComparer {
 public:
  FileComparer() = default;
  FileComparer(const FileComparer&) = delete;
  FileComparer& operator=(const FileComparer&) = delete;
  virtual ~FileComparer() = default;
  virtual Result<procfs::FileOrder> compare(Pid task_a, int fd_a, Pid task_b, int fd_b) = 0;
};

inline constexpr int kMaxMismatches = 16;

// Sets ProcessRecord::files of each. `processes` are ordered by age. `comparer` may be null where
// kcmp cannot be used: then only sockets and pipes are recognised.
void book_files(std::vector<RawProcess>& processes, FileComparer* comparer);

}  // namespace kcommons::census
