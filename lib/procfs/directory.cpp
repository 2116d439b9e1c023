#include "procfs/directory.hpp"

#include <fcntl.h>

#include <cerrno>
#include <string>

#include "base/text.hpp"

namespace kcommons::procfs {

Result<UniqueFd> open_directory(int dir_fd, const char* path) {
  UniqueFd fd(::openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.is_open()) return fail(Error::from_errno(errno, std::string("open ") + path));
  return fd;
}

Result<const char*> DirectoryReader::next() {
  if (offset_ == filled_) {
    const ssize_t got = ::getdents64(fd_, buffer_.data(), buffer_.size());
    if (got < 0) return fail(Error::from_errno(errno, "list directory"));
    if (got == 0) return nullptr;
    filled_ = static_cast<std::size_t>(got);
    offset_ = 0;
  }
  // The kernel aligns every record of getdents64(2) to 8 bytes.
  const auto* entry = reinterpret_cast<const dirent64*>(buffer_.data() + offset_);
  offset_ += entry->d_reclen;
  return static_cast<const char*>(entry->d_name);
}

std::optional<int> number_of_name(std::string_view name) {
  if (name.empty() || name.front() < '0' || name.front() > '9') return std::nullopt;
  if (name.size() > 1 && name.front() == '0') return std::nullopt;
  return text::parse_number<int>(name);
}

}  // namespace kcommons::procfs
