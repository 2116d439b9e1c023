#include "base/unique_fd.hpp"

#include <unistd.h>

#include <cerrno>

namespace kcommons {

void UniqueFd::reset() noexcept {
  if (fd_ < 0) return;
  const int saved = errno;
  // On Linux the descriptor is gone whatever close() returns: never try again (close(2)).
  ::close(fd_);
  errno = saved;
  fd_ = -1;
}

}  // namespace kcommons
