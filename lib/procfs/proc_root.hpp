// ProcRoot: the procfs that is read, as a value. It is opened once from the configured path; all
// else is opened relative to its descriptor. The path may be the host's procfs seen from a
// container ("/host/proc") or a tree of plain files made by a test; what only a real kernel can
// promise is asked once, here, and never assumed from a version number.
//
// Movable. list_pids() moves the position of the one descriptor: call it from one thread at a
// time. The rest may be used from any thread.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "procfs/hidepid.hpp"  // read_hidepid() belongs to the root and is found with it

namespace kcommons::procfs {

class ProcRoot final {
 public:
  static Result<ProcRoot> open(const std::string& path);

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }

  // statfs(2) says PROC_SUPER_MAGIC; a fixture tree is not.
  [[nodiscard]] bool is_procfs() const { return is_procfs_; }
  // The size of PID/fd is the number of open descriptors (Linux 6.2 and later; 0 before that).
  [[nodiscard]] bool counts_by_size() const { return counts_by_size_; }
  // The PIDs listed here are those of our own system calls. Only then may they go to kcmp(2).
  [[nodiscard]] bool shares_pid_namespace() const { return shares_pid_namespace_; }

  // The PIDs of all processes that procfs shows, ascending. `out` is cleared first. Opens nothing,
  // so it works for years on one descriptor and when no other can be opened.
  Result<void> list_pids(std::vector<Pid>& out) const;

 private:
  ProcRoot(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  UniqueFd fd_;
  std::string path_;
  bool is_procfs_ = false;
  bool counts_by_size_ = false;
  bool shares_pid_namespace_ = false;
};

}  // namespace kcommons::procfs
