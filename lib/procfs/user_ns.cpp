#include "procfs/user_ns.hpp"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "procfs/file_reader.hpp"

namespace kcommons::procfs {

namespace {

constexpr const char* kLink = "ns/user";
// The kernel allows 32 levels below the initial namespace (create_user_ns of
// kernel/user_namespace.c).
constexpr std::size_t kMostLevels = 64;

Result<UniqueFd> open_namespace(const ProcessDir& process) {
  // Without O_NOFOLLOW: the link is followed by the kernel to the namespace, not by its text.
  UniqueFd fd(::openat(process.fd(), kLink, O_RDONLY | O_CLOEXEC));
  if (fd.is_open()) return fd;
  const int error = errno;
  // On a tree of plain files the link leads nowhere, which must not look like a process that ended.
  if (error == ENOENT && process.exists()) {
    return fail(Error::other(process.name() + "/ns/user is not a namespace of this kernel"));
  }
  return fail(process.explain(Error::from_errno(error, "open ns/user")));
}

Result<UserNsLevel> level_of(int ns_fd) {
  struct stat status {};
  if (::fstat(ns_fd, &status) != 0) return fail(Error::from_errno(errno, "stat ns/user"));
  UserNsLevel level;
  level.inode = UserNsInode(status.st_ino);
  if (level.inode == kInitialUserNs) return level;
  uid_t owner = 0;
  if (::ioctl(ns_fd, NS_GET_OWNER_UID, &owner) != 0) {
    return fail(Error::from_errno(errno, "owner of user:[" + std::to_string(status.st_ino) + "]"));
  }
  level.owner = Uid(owner);
  return level;
}

Result<std::vector<UserNsLevel>> climb(UniqueFd ns_fd) {
  std::vector<UserNsLevel> chain;
  while (chain.size() < kMostLevels) {
    const Result<UserNsLevel> level = level_of(ns_fd.get());
    if (!level) return fail(level.error());
    chain.push_back(*level);
    if (level->inode == kInitialUserNs) return chain;
    UniqueFd parent(::ioctl(ns_fd.get(), NS_GET_PARENT));
    if (!parent.is_open()) {
      if (errno == EPERM) return chain;
      return fail(Error::from_errno(
          errno, "parent of user:[" + std::to_string(level->inode.value()) + "]"));
    }
    ns_fd = std::move(parent);
  }
  return fail(Error::other("user namespaces nested deeper than the kernel allows"));
}

}  // namespace

Result<UserNsInode> parse_user_ns_link(std::string_view text) {
  constexpr std::string_view kPrefix = "user:[";
  if (text.starts_with(kPrefix) && text.ends_with("]")) {
    const auto inode = text::parse_number<std::uint64_t>(
        text.substr(kPrefix.size(), text.size() - kPrefix.size() - 1));
    if (inode) return UserNsInode(*inode);
  }
  return fail(Error::malformed("parse link ns/user", text));
}

Result<UserNsInode> read_user_ns_inode(const ProcessDir& process) {
  std::array<char, 64> text{};
  const ssize_t length = ::readlinkat(process.fd(), kLink, text.data(), text.size());
  if (length < 0) return fail(process.explain(Error::from_errno(errno, "readlink ns/user")));
  Result<UserNsInode> inode = parse_user_ns_link({text.data(), static_cast<std::size_t>(length)});
  if (!inode) return fail(inode.error().during(process.name()));
  return inode;
}

Result<std::vector<UserNsLevel>> read_user_ns_chain(const ProcessDir& process) {
  const Result<UserNsInode> own = read_user_ns_inode(process);
  if (!own) return fail(own.error());
  if (*own == kInitialUserNs) return std::vector{UserNsLevel{kInitialUserNs, Uid(0)}};
  Result<UniqueFd> ns_fd = open_namespace(process);
  if (!ns_fd) return fail(ns_fd.error());
  Result<std::vector<UserNsLevel>> chain = climb(std::move(*ns_fd));
  if (!chain) return fail(process.explain(chain.error()));
  return chain;
}

//          0          0 4294967295
bool is_whole_identity_map(std::string_view uid_map) {
  std::string_view words = text::trim(uid_map);
  if (words.find('\n') != std::string_view::npos) return false;
  return text::take_word(words) == "0" && text::take_word(words) == "0" &&
         text::take_word(words) == "4294967295" && text::take_word(words).empty();
}

Result<bool> maps_whole_initial_namespace(const ProcessDir& process) {
  std::string buffer;
  const Result<std::string_view> text = read_file(process.fd(), "uid_map", buffer);
  if (!text) return fail(process.explain(text.error()));
  return is_whole_identity_map(*text);
}

}  // namespace kcommons::procfs
