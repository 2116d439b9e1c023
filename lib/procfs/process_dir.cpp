#include "procfs/process_dir.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "procfs/directory.hpp"

namespace kcommons::procfs {

Result<ProcessDir> ProcessDir::open(const ProcRoot& root, Pid pid) {
  const std::string relative = std::to_string(pid.value());
  Result<UniqueFd> fd = open_directory(root.fd(), relative.c_str());
  if (!fd) return fail(fd.error().during(root.path()));
  return ProcessDir(std::move(*fd), pid, root.path() + "/" + relative);
}

Result<ProcessDir> ProcessDir::thread(Pid tid) const {
  const std::string relative = "task/" + std::to_string(tid.value());
  Result<UniqueFd> fd = open_directory(fd_.get(), relative.c_str());
  if (!fd) return fail(explain(fd.error()));
  return ProcessDir(std::move(*fd), tid, name_ + "/" + relative);
}

Result<void> ProcessDir::list_threads(std::vector<Pid>& out) const {
  out.clear();
  const Result<UniqueFd> task = open_directory(fd_.get(), "task");
  if (!task) return fail(explain(task.error()));
  const Result<void> listed = for_each_number(task->get(), [&out](int number) {
    if (number > 0) out.emplace_back(number);
  });
  if (!listed) {
    out.clear();
    return fail(explain(listed.error().during("task")));
  }
  std::sort(out.begin(), out.end());
  return {};
}

bool ProcessDir::exists() const {
  // fstat(2) of the directory itself succeeds for ever; a lookup in it asks for the task.
  struct stat status {};
  if (::fstatat(fd_.get(), "stat", &status, AT_SYMLINK_NOFOLLOW) == 0) return true;
  return kind_of_errno(errno) != ErrorKind::kGone;
}

Error ProcessDir::explain(const Error& error) const {
  const bool may_be_the_end =
      error.kind() == ErrorKind::kDenied || error.kind() == ErrorKind::kOther;
  if (may_be_the_end && !exists()) return Error::from_errno(ESRCH, name_);
  return error.during(name_);
}

}  // namespace kcommons::procfs
