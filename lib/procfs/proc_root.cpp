#include "procfs/proc_root.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include "base/text.hpp"
#include "procfs/directory.hpp"
#include "procfs/fd.hpp"
#include "procfs/process_dir.hpp"
#include "procfs/status.hpp"

namespace kcommons::procfs {

namespace {

// Our own PID as this procfs numbers it; nothing when we have none there.
std::optional<Pid> own_pid(const ProcRoot& root) {
  std::array<char, 16> target{};
  const ssize_t length = ::readlinkat(root.fd(), "self", target.data(), target.size());
  if (length <= 0) return std::nullopt;
  const auto pid =
      number_of_name(std::string_view(target.data(), static_cast<std::size_t>(length)));
  if (!pid) return std::nullopt;
  return Pid(*pid);
}

bool size_matches_listing(const ProcessDir& process) {
  // Another thread of ours may open a file between the two looks; it will not do so every time.
  constexpr int kAttempts = 5;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    struct stat status {};
    if (::fstatat(process.fd(), "fd", &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
    if (status.st_size == 0) return false;  // this process has at least `process` open
    const Result<std::uint64_t> listed = count_fd_names(process);
    // The listing sees the descriptor that it is made with.
    if (listed && *listed == static_cast<std::uint64_t>(status.st_size) + 1) return true;
  }
  return false;
}

// For a procfs in which we have no PID of our own: kernels that do not count give 0 for all.
bool any_process_has_a_size(const ProcRoot& root) {
  std::vector<Pid> pids;
  if (!root.list_pids(pids)) return false;
  return std::any_of(pids.begin(), pids.end(), [&root](Pid pid) {
    const std::string path = std::to_string(pid.value()) + "/fd";
    struct stat status {};
    return ::fstatat(root.fd(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           status.st_size > 0;
  });
}

// A procfs of an outer PID namespace gives us another number, which could by chance be the one
// that getpid(2) returns; but then NSpid has an entry for each namespace in between, too.
bool is_our_pid_namespace(const ProcessDir& self) {
  if (self.pid().value() != ::getpid()) return false;
  std::string buffer;
  const Result<Status> status = read_status(self, buffer);
  return status && status->pid_namespace_depth == 1;
}

}  // namespace

Result<ProcRoot> ProcRoot::open(const std::string& path) {
  // The last component may be a symbolic link here: the path is the operator's own.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open()) return fail(Error::from_errno(errno, "open " + path));
  std::string shown = path;
  while (shown.size() > 1 && shown.back() == '/') shown.pop_back();
  ProcRoot root(std::move(fd), std::move(shown));

  struct statfs file_system {};
  if (::fstatfs(root.fd(), &file_system) != 0) {
    return fail(Error::from_errno(errno, "statfs " + path));
  }
  root.is_procfs_ = file_system.f_type == PROC_SUPER_MAGIC;
  if (!root.is_procfs_) return root;

  if (const std::optional<Pid> pid = own_pid(root)) {
    const Result<ProcessDir> self = ProcessDir::open(root, *pid);
    if (!self) return fail(self.error());
    root.counts_by_size_ = size_matches_listing(*self);
    root.shares_pid_namespace_ = is_our_pid_namespace(*self);
  } else {
    root.counts_by_size_ = any_process_has_a_size(root);
  }
  return root;
}

Result<void> ProcRoot::list_pids(std::vector<Pid>& out) const {
  out.clear();
  if (::lseek(fd_.get(), 0, SEEK_SET) != 0) {
    return fail(Error::from_errno(errno, "rewind " + path_));
  }
  const Result<void> listed = for_each_number(fd_.get(), [&out](int number) {
    if (number > 0) out.emplace_back(number);
  });
  if (!listed) {
    out.clear();
    return fail(listed.error().during(path_));
  }
  std::sort(out.begin(), out.end());
  return {};
}

}  // namespace kcommons::procfs
