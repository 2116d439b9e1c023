#include "daemon/watch_paths.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fts.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <set>
#include <utility>

#include "procfs/file_reader.hpp"
#include "procfs/proc_root.hpp"

namespace kcommons::daemon {

namespace {

constexpr std::size_t kMountinfoLimit = std::size_t{16} << 20U;

struct CloseWalk {
  void operator()(FTS* walk) const { ::fts_close(walk); }
};

std::string link_of(int fd) {
  std::string path(PATH_MAX, '\0');
  const ssize_t length =
      ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), path.data(), path.size());
  if (length <= 0) return {};
  path.resize(static_cast<std::size_t>(length));
  return path;
}

}  // namespace

// The whole of a filesystem is preferred to a part of it that is mounted somewhere else.
WatchPaths::WatchPaths(std::vector<procfs::Mount> mounts) {
  for (const bool whole : {true, false}) {
    for (procfs::Mount& mount : mounts) {
      if ((mount.root == "/") == whole) points_.try_emplace(mount.device, mount.point);
    }
  }
}

Result<WatchPaths> WatchPaths::open(const std::string& procfs) {
  const auto root = procfs::ProcRoot::open(procfs);
  if (!root) return fail(root.error());
  std::string buffer;
  const auto text = procfs::read_file(root->fd(), "self/mountinfo", buffer, kMountinfoLimit);
  if (!text) return fail(text.error());
  auto mounts = procfs::parse_mountinfo(*text);
  if (!mounts) return fail(mounts.error());
  return WatchPaths(std::move(*mounts));
}

const UniqueFd& WatchPaths::folder_of(dev_t device) {
  const auto known = folders_.find(device);
  if (known != folders_.end()) return known->second;
  UniqueFd folder;
  if (const auto at = points_.find(device); at != points_.end()) {
    folder = UniqueFd(::open(at->second.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    // Something else may be mounted over it.
    const bool is_it =
        folder.is_open() && ::fstat(folder.get(), &status) == 0 && status.st_dev == device;
    if (!is_it) folder = UniqueFd();
  }
  return folders_.emplace(device, std::move(folder)).first->second;
}

std::string WatchPaths::path_by_handle(const procfs::InotifyWatch& watch) {
  if (watch.handle.empty() || watch.handle.size() > MAX_HANDLE_SZ) return {};
  const UniqueFd& folder = folder_of(watch.device);
  if (!folder.is_open()) return {};
  alignas(file_handle) std::array<char, sizeof(file_handle) + MAX_HANDLE_SZ> room{};
  auto* handle = new (room.data()) file_handle;
  handle->handle_bytes = static_cast<unsigned>(watch.handle.size());
  handle->handle_type = watch.handle_type;
  std::memcpy(room.data() + sizeof(file_handle), watch.handle.data(), watch.handle.size());
  const UniqueFd object(::open_by_handle_at(folder.get(), handle, O_PATH | O_CLOEXEC));
  struct stat status {};
  if (!object.is_open() || ::fstat(object.get(), &status) != 0) return {};
  return status.st_ino == watch.inode ? link_of(object.get()) : std::string();
}

void WatchPaths::walk(dev_t device, const std::vector<procfs::InotifyWatch>& watches,
                      std::size_t& files, Found& found) const {
  const auto at = points_.find(device);
  if (at == points_.end()) return;
  std::map<ino_t, std::vector<std::size_t>> wanted;
  for (std::size_t i = 0; i < watches.size(); ++i) {
    if (watches[i].device == device && found.paths[i].empty())
      wanted[watches[i].inode].push_back(i);
  }
  std::string start = at->second;
  std::array<char*, 2> starts{start.data(), nullptr};
  const std::unique_ptr<FTS, CloseWalk> walk(
      ::fts_open(starts.data(), FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, nullptr));
  if (!walk) return;
  while (!wanted.empty() && files < kMostFiles) {
    const FTSENT* entry = ::fts_read(walk.get());
    if (entry == nullptr) return;
    if (entry->fts_info == FTS_DP || entry->fts_statp == nullptr) continue;
    ++files;
    const auto hit = wanted.find(entry->fts_statp->st_ino);
    if (hit == wanted.end() || entry->fts_statp->st_dev != device) continue;
    for (const std::size_t index : hit->second) found.paths[index] = entry->fts_path;
    wanted.erase(hit);
  }
}

WatchPaths::Found WatchPaths::find(const std::vector<procfs::InotifyWatch>& watches) {
  Found found;
  std::set<dev_t> left;
  std::set<dev_t> elsewhere;
  for (const procfs::InotifyWatch& watch : watches) {
    found.paths.push_back(path_by_handle(watch));
    if (!found.paths.back().empty()) continue;
    (points_.contains(watch.device) ? left : elsewhere).insert(watch.device);
  }
  std::size_t files = 0;
  for (const dev_t device : left) walk(device, watches, files, found);
  if (files >= kMostFiles) {
    found.limits.push_back(
        fmt::format("only the first {} files of its filesystems were looked at", kMostFiles));
  }
  for (const dev_t device : elsewhere) {
    found.limits.push_back(fmt::format("device {}:{} is not mounted where this runs",
                                       ::major(device), ::minor(device)));
  }
  return found;
}

}  // namespace kcommons::daemon
