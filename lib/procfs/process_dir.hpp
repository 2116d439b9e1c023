// ProcessDir: the open directory of one process or thread. Every fact about it is read relative
// to this descriptor. The kernel ties the directory to the task itself, not to its number: once
// the task is gone, lookups in it fail with ENOENT or ESRCH, whoever has the PID by then. So facts
// of two processes cannot be mixed up, and a check of the start time is not needed within one pass
// (fs/proc/base.c, get_proc_task).
//
// Movable. list_threads() and the other readers open what they list: thread-safe.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "procfs/proc_root.hpp"

namespace kcommons::procfs {

class ProcessDir final {
 public:
  static Result<ProcessDir> open(const ProcRoot& root, Pid pid);
  // The directory task/TID: the same facts, of one thread.
  Result<ProcessDir> thread(Pid tid) const;

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] Pid pid() const { return pid_; }
  // For messages: "/proc/12" or "/proc/12/task/13".
  [[nodiscard]] const std::string& name() const { return name_; }

  // The thread ids, ascending, the leader's among them even when it is a zombie. `out` is cleared.
  Result<void> list_threads(std::vector<Pid>& out) const;

  // The error with the name of the process in front. Some files answer EACCES or EINVAL when the
  // task ended after it was looked up (proc_pid_readlink and proc_id_map_open of fs/proc/base.c):
  // when the task is no longer there, such an error becomes "gone", so that the end of a process
  // is not taken for a lack of rights.
  [[nodiscard]] Error explain(const Error& error) const;
  // The task is still there: running, or a zombie that nobody has waited for.
  [[nodiscard]] bool exists() const;

 private:
  ProcessDir(UniqueFd fd, Pid pid, std::string name)
      : fd_(std::move(fd)), pid_(pid), name_(std::move(name)) {}

  UniqueFd fd_;
  Pid pid_;
  std::string name_;
};

}  // namespace kcommons::procfs
