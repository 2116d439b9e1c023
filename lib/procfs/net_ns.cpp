#include "procfs/net_ns.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "base/text.hpp"

namespace kcommons::procfs {

namespace {

Result<NetNsInode> read_link(int dir_fd, const char* path) {
  std::array<char, 64> text{};
  const ssize_t length = ::readlinkat(dir_fd, path, text.data(), text.size());
  if (length < 0) return fail(Error::from_errno(errno, std::string("readlink ") + path));
  return parse_net_ns_link({text.data(), static_cast<std::size_t>(length)});
}

Result<std::uint64_t> inode_of(int dir_fd, const char* path) {
  struct stat status {};
  if (::fstatat(dir_fd, path, &status, 0) != 0) {
    return fail(Error::from_errno(errno, std::string("stat ") + path));
  }
  return std::uint64_t{status.st_ino};
}

}  // namespace

Result<NetNsInode> parse_net_ns_link(std::string_view text) {
  constexpr std::string_view kPrefix = "net:[";
  if (text.starts_with(kPrefix) && text.ends_with("]")) {
    const auto inode = text::parse_number<std::uint64_t>(
        text.substr(kPrefix.size(), text.size() - kPrefix.size() - 1));
    if (inode && *inode != 0) return NetNsInode(*inode);
  }
  return fail(Error::malformed("parse link ns/net", text));
}

Result<NetNsInode> read_net_ns(const ProcessDir& process) {
  auto inode = read_link(process.fd(), "ns/net");
  if (!inode) return fail(process.explain(inode.error()));
  return inode;
}

Result<OwnNetwork> read_own_network(const ProcRoot& root) {
  const auto inode = read_link(root.fd(), "self/ns/net");
  if (!inode) return fail(inode.error().during(root.path()));
  const auto files = inode_of(root.fd(), "self/net/dev");
  if (!files) return fail(files.error().during(root.path()));
  return OwnNetwork{.inode = *inode, .files = *files};
}

Result<bool> is_in_network(const ProcessDir& process, const OwnNetwork& own) {
  const auto files = inode_of(process.fd(), "net/dev");
  if (!files) return fail(process.explain(files.error()));
  return *files == own.files;
}

}  // namespace kcommons::procfs
