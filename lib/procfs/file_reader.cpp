#include "procfs/file_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace kcommons::procfs {

namespace {

constexpr std::size_t kFirstBytes = 4096;

Result<UniqueFd> open_file(int dir_fd, const char* path) {
  UniqueFd fd(::openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.is_open()) return fail(Error::from_errno(errno, std::string("open ") + path));
  return fd;
}

Error too_long(const char* path, std::size_t limit, std::string_view start) {
  return Error::malformed(
      std::string("read ") + path + ": longer than " + std::to_string(limit) + " bytes", start);
}

// pread(2) at a growing offset serves both kinds of caller: a fresh descriptor and one that is
// kept. Room for one byte more than the limit tells "as long as the limit" from "longer".
Result<std::string_view> read_to_end(int fd, const char* path, std::string& buffer,
                                     std::size_t limit) {
  const std::size_t most = limit + 1;
  if (buffer.size() < kFirstBytes) buffer.resize(kFirstBytes);
  std::size_t filled = 0;
  while (filled < most) {
    if (filled == buffer.size()) buffer.resize(buffer.size() * 2);
    const std::size_t room = std::min(buffer.size(), most) - filled;
    const ssize_t got = ::pread(fd, buffer.data() + filled, room, static_cast<off_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Error::from_errno(errno, std::string("read ") + path));
    if (got == 0) return std::string_view(buffer).substr(0, filled);
    filled += static_cast<std::size_t>(got);
  }
  return fail(too_long(path, limit, buffer));
}

}  // namespace

Result<std::string_view> read_file(int dir_fd, const char* path, std::string& buffer,
                                   std::size_t limit) {
  const Result<UniqueFd> fd = open_file(dir_fd, path);
  if (!fd) return fail(fd.error());
  return read_to_end(fd->get(), path, buffer, limit);
}

Result<KernelFile> KernelFile::open(int dir_fd, std::string path) {
  Result<UniqueFd> fd = open_file(dir_fd, path.c_str());
  if (!fd) return fail(fd.error());
  return KernelFile(std::move(*fd), std::move(path));
}

Result<std::string_view> KernelFile::read(std::string& buffer) const {
  return read_to_end(fd_.get(), path_.c_str(), buffer, kFileLimit);
}

}  // namespace kcommons::procfs
