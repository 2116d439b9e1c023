#include "identity/host_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

namespace kcommons::identity {

namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

// As if `root` were "/": neither a link nor a ".." in `path` leads out of it.
UniqueFd open_in_root(int root, const std::string& path) {
  open_how how{};
  how.flags = kFolderFlags;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
}

// A file name of one component.
bool is_plain(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

Result<std::string> read_to_end(int fd, const std::string& name, std::size_t limit) {
  std::string text;
  std::array<char, 16384> block;
  while (true) {
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Error::from_errno(errno, "read " + name));
    if (got == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(got));
    if (text.size() > limit) {
      return fail(Error::malformed(
          "read " + name + ": longer than " + std::to_string(limit) + " bytes", text));
    }
  }
}

}  // namespace

Result<HostFolder> HostFolder::open(const std::string& rootfs, std::string path) {
  const UniqueFd root(::open(rootfs.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.is_open()) return fail(Error::from_errno(errno, "open " + rootfs));
  UniqueFd fd = open_in_root(root.get(), path);
  // Before Linux 5.6, and where a seccomp filter does not know the call.
  const bool no_openat2 = !fd.is_open() && (errno == ENOSYS || errno == EPERM);
  if (no_openat2 && rootfs == "/") fd = UniqueFd(::open(path.c_str(), kFolderFlags));
  if (!fd.is_open()) return fail(Error::from_errno(errno, "open " + path));
  return HostFolder(std::move(fd), std::move(path));
}

std::string HostFolder::name_of(const std::vector<std::string_view>& names) const {
  std::string name = path_;
  for (const std::string_view part : names) name.append("/").append(part);
  return name;
}

// One component at a time, none of which may be a link.
Result<UniqueFd> HostFolder::open_below(const std::vector<std::string_view>& names,
                                        int flags) const {
  UniqueFd at;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!is_plain(names[i])) {
      return fail(Error::malformed("open a file below " + path_, names[i]));
    }
    const bool is_last = i + 1 == names.size();
    const std::string name(names[i]);
    UniqueFd next(::openat(at.is_open() ? at.get() : fd_.get(), name.c_str(),
                           (is_last ? flags : O_PATH | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC));
    if (!next.is_open()) return fail(Error::from_errno(errno, "open " + name_of(names)));
    at = std::move(next);
  }
  return at;
}

Result<UniqueFd> HostFolder::open_again() const {
  UniqueFd fd(::openat(fd_.get(), ".", kFolderFlags));
  if (!fd.is_open()) return fail(Error::from_errno(errno, "open " + path_));
  return fd;
}

Result<std::string> HostFolder::read(const std::vector<std::string_view>& names,
                                     std::size_t limit) const {
  // A FIFO without a writer would block whoever opens it.
  const auto fd = open_below(names, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd) return fail(fd.error());
  struct stat status {};
  if (::fstat(fd->get(), &status) != 0) {
    return fail(Error::from_errno(errno, "look at " + name_of(names)));
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(Error::malformed("read " + name_of(names), "not a regular file"));
  }
  return read_to_end(fd->get(), name_of(names), limit);
}

Result<std::vector<std::string>> HostFolder::list(
    const std::vector<std::string_view>& names) const {
  auto fd = names.empty() ? open_again() : open_below(names, kFolderFlags);
  if (!fd) return fail(fd.error());
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(fd->get()), &::closedir);
  if (!directory) return fail(Error::from_errno(errno, "list " + name_of(names)));
  static_cast<void>(fd->release());
  std::vector<std::string> found;
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    std::string name(static_cast<const char*>(entry->d_name));
    if (!is_plain(name)) continue;
    if (found.size() == kEntriesLimit) {
      return fail(Error::malformed("list " + name_of(names), "too many entries"));
    }
    found.push_back(std::move(name));
  }
  if (errno != 0) return fail(Error::from_errno(errno, "list " + name_of(names)));
  return found;
}

}  // namespace kcommons::identity
