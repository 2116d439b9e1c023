#include "procfs/fd.hpp"

#include <fcntl.h>
#include <linux/limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "procfs/directory.hpp"

namespace kcommons::procfs {

namespace {

// A path as long as this does not fit the page in which the kernel puts it together (ENAMETOOLONG);
// a process can make one with nested chdir(2) and mkdir(2).
constexpr std::string_view kPathTooLong = "/(path too long)";

struct KernelName {
  std::string_view name;
  FdType type;
};
constexpr std::array kAnonymousInodes = {
    KernelName{"inotify", FdType::kInotify},
    KernelName{"fanotify", FdType::kFanotify},
    KernelName{"eventpoll", FdType::kEpoll},
    KernelName{"eventfd", FdType::kEventfd},
    KernelName{"timerfd", FdType::kTimerfd},
    KernelName{"signalfd", FdType::kSignalfd},
    KernelName{"pidfd", FdType::kPidfd},
    KernelName{"io_uring", FdType::kIoUring},
    KernelName{"perf_event", FdType::kPerfEvent},
    KernelName{"userfaultfd", FdType::kUserfaultfd},
    KernelName{"btf", FdType::kBpf},
};

// FNV-1a, 64 bits: offset basis and prime as its authors define them.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char byte : text) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  }
  return hash;
}

// True for `folder` itself and all that is in it.
bool is_within(std::string_view path, std::string_view folder) {
  if (!path.starts_with(folder)) return false;
  return path.size() == folder.size() || path[folder.size()] == '/';
}

FdType type_of_path(std::string_view path) {
  // memfd_create(2): the name is the caller's, the rest is put around it by the kernel.
  if (path.starts_with("/memfd:") && path.ends_with(" (deleted)")) return FdType::kMemfd;
  if (!path.starts_with("/dev/")) return FdType::kFile;
  const bool is_file_system = is_within(path, "/dev/shm") || is_within(path, "/dev/mqueue") ||
                              path.starts_with("/dev/hugepages");
  return is_file_system ? FdType::kFile : FdType::kDevice;
}

// anon_inode:inotify   anon_inode:[eventpoll]   anon_inode:bpf-map   inotify   [eventfd]
FdType type_of_kernel_name(std::string_view name) {
  constexpr std::string_view kPrefix = "anon_inode:";
  if (name.starts_with("pidfd:[")) return FdType::kPidfd;  // pidfs, Linux 6.9 and later
  if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') {
    name = name.substr(1, name.size() - 2);
  }
  if (name.starts_with("bpf-") || name.starts_with("bpf_")) return FdType::kBpf;
  const auto* const found =
      std::find_if(kAnonymousInodes.begin(), kAnonymousInodes.end(),
                   [name](const KernelName& row) { return row.name == name; });
  return found == kAnonymousInodes.end() ? FdType::kOther : found->type;
}

// The number of "socket:[123]".
std::optional<std::uint64_t> inode_of(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix) || !text.ends_with("]")) return std::nullopt;
  return text::parse_number<std::uint64_t>(
      text.substr(prefix.size(), text.size() - prefix.size() - 1));
}

Result<std::uint64_t> size_of_directory(int dir_fd, const std::string& path) {
  struct stat status {};
  if (::fstatat(dir_fd, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail(Error::from_errno(errno, "stat " + path));
  }
  return static_cast<std::uint64_t>(status.st_size);
}

Error no_size(const ProcRoot& root) {
  return Error::other(root.path() + ": the size of fd is not the number of descriptors here");
}

// Nothing when the descriptor was closed since it was listed.
Result<std::optional<FdEntry>> read_entry(int fd_dir, int number, const char* name) {
  std::array<char, PATH_MAX> target;
  const ssize_t length = ::readlinkat(fd_dir, name, target.data(), target.size());
  if (length >= 0) {
    return std::optional(classify(number, {target.data(), static_cast<std::size_t>(length)}));
  }
  if (errno == ENAMETOOLONG) return std::optional(classify(number, kPathTooLong));
  Error error = Error::from_errno(errno, std::string("readlink fd/") + name);
  if (error.kind() == ErrorKind::kGone) return std::optional<FdEntry>{};
  return fail(std::move(error));
}

Result<void> fill_entries(int fd_dir, std::vector<FdEntry>& out) {
  DirectoryReader reader(fd_dir);
  while (true) {
    const Result<const char*> name = reader.next();
    if (!name) return fail(name.error().during("fd"));
    if (*name == nullptr) return {};
    const std::optional<int> number = number_of_name(*name);
    if (!number) continue;
    const Result<std::optional<FdEntry>> entry = read_entry(fd_dir, *number, *name);
    if (!entry) return fail(entry.error());
    if (*entry) out.push_back(**entry);
  }
}

}  // namespace

FdEntry classify(int number, std::string_view link_text) {
  if (link_text.starts_with('/')) return {number, type_of_path(link_text), hash_of(link_text)};
  if (const auto inode = inode_of(link_text, "socket:[")) {
    return {number, FdType::kSocket, *inode};
  }
  if (const auto inode = inode_of(link_text, "pipe:[")) {
    return {number, FdType::kPipe, *inode};
  }
  return {number, type_of_kernel_name(link_text), hash_of(link_text)};
}

Result<std::uint64_t> count_fds_by_size(const ProcRoot& root, const ProcessDir& process) {
  if (!root.counts_by_size()) return fail(no_size(root));
  Result<std::uint64_t> size = size_of_directory(process.fd(), "fd");
  if (!size) return fail(process.explain(size.error()));
  return size;
}

Result<std::uint64_t> count_fds_by_size(const ProcRoot& root, Pid pid) {
  if (!root.counts_by_size()) return fail(no_size(root));
  Result<std::uint64_t> size = size_of_directory(root.fd(), std::to_string(pid.value()) + "/fd");
  if (!size) return fail(size.error().during(root.path()));
  return size;
}

Result<void> list_fds(const ProcessDir& process, std::vector<FdEntry>& out) {
  out.clear();
  const Result<UniqueFd> fd_dir = open_directory(process.fd(), "fd");
  if (!fd_dir) return fail(process.explain(fd_dir.error()));
  const Result<void> filled = fill_entries(fd_dir->get(), out);
  if (!filled) {
    out.clear();
    return fail(process.explain(filled.error()));
  }
  return {};
}

Result<std::uint64_t> count_fd_names(const ProcessDir& process) {
  const Result<UniqueFd> fd_dir = open_directory(process.fd(), "fd");
  if (!fd_dir) return fail(process.explain(fd_dir.error()));
  std::uint64_t count = 0;
  const Result<void> listed = for_each_number(fd_dir->get(), [&count](int) { ++count; });
  if (!listed) return fail(process.explain(listed.error().during("fd")));
  return count;
}

Result<bool> is_write_end(const ProcessDir& process, int fd_number) {
  const std::string path = "fd/" + std::to_string(fd_number);
  struct stat status {};
  if (::fstatat(process.fd(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail(process.explain(Error::from_errno(errno, "stat " + path)));
  }
  return (status.st_mode & S_IWUSR) != 0;
}

}  // namespace kcommons::procfs
