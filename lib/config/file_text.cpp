#include "config/file_text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.hpp"
#include "config/source_text.hpp"

namespace kcommons::config {

namespace {

Result<std::string> read_all(const UniqueFd& file) {
  std::string content(kMaxFileBytes + 1, '\0');
  std::size_t used = 0;
  while (used < content.size()) {
    const ssize_t got = ::read(file.get(), content.data() + used, content.size() - used);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Error::from_errno(errno, "cannot be read"));
    used += static_cast<std::size_t>(got);
  }
  content.resize(used);
  return content;
}

}  // namespace

Result<std::string> read_text(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return fail(Error::from_errno(errno, "cannot be opened"));
  return read_all(file);
}

Result<std::string> read_text_of_file(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.is_open()) return fail(Error::from_errno(errno, "cannot be opened"));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    return fail(Error::from_errno(errno, "cannot be looked at"));
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(Error::other("is no regular file, and cannot be read again when it changes"));
  }
  return read_all(file);
}

}  // namespace kcommons::config
