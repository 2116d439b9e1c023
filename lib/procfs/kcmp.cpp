#include "procfs/kcmp.hpp"

#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace kcommons::procfs {

namespace {

std::string attempt(Pid a, Pid b) {
  return "kcmp of " + std::to_string(a.value()) + " and " + std::to_string(b.value());
}

}  // namespace

Result<FileOrder> compare_files(Pid a, int fd_a, Pid b, int fd_b) {
  const long order = ::syscall(SYS_kcmp, a.value(), b.value(), KCMP_FILE, fd_a, fd_b);
  switch (order) {
    case 0:
      return FileOrder::kEqual;
    case 1:
      return FileOrder::kLess;
    case 2:
      return FileOrder::kGreater;
    case -1:
      break;
    default:
      return FileOrder::kUnknown;
  }
  // A descriptor that was closed is as gone as a process that ended. ENOENT has that kind.
  const int error = errno == EBADF ? ENOENT : errno;
  return fail(Error::from_errno(error, attempt(a, b) + ", descriptors " + std::to_string(fd_a) +
                                           " and " + std::to_string(fd_b)));
}

Result<bool> share_file_table(Pid a, Pid b) {
  const long order = ::syscall(SYS_kcmp, a.value(), b.value(), KCMP_FILES, 0UL, 0UL);
  if (order < 0) return fail(Error::from_errno(errno, attempt(a, b) + ", descriptor tables"));
  return order == 0;
}

}  // namespace kcommons::procfs
