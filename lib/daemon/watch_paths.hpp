// What an inotify instance watches, as paths. The kernel tells an inode and, of most filesystems, a
// file handle; a path is found for those whose filesystem is mounted here: by the handle
// (open_by_handle_at(2), which takes CAP_DAC_READ_SEARCH), and where that is not possible, as of
// overlayfs, by a walk through the filesystem that ends after a number of files. For who looks on
// the host itself: the daemon denies itself open_by_handle_at(2), as that leads out of containers.
//
// Not thread-safe.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "procfs/fdinfo.hpp"
#include "procfs/mountinfo.hpp"

namespace kcommons::daemon {

class WatchPaths final {
 public:
  // Files that one call looks at, at the most: about a tenth of a second where they are cached.
  static constexpr std::size_t kMostFiles = 50'000;

  // Of the mounts in this process's own mount namespace.
  explicit WatchPaths(std::vector<procfs::Mount> mounts);
  static Result<WatchPaths> open(const std::string& procfs);

  struct Found {
    std::vector<std::string> paths;   // by index of the watches; empty: not found
    std::vector<std::string> limits;  // why not, in words
  };
  Found find(const std::vector<procfs::InotifyWatch>& watches);

 private:
  // A folder of a filesystem, which open_by_handle_at(2) needs. Closed where there is none.
  const UniqueFd& folder_of(dev_t device);
  std::string path_by_handle(const procfs::InotifyWatch& watch);
  void walk(dev_t device, const std::vector<procfs::InotifyWatch>& watches, std::size_t& files,
            Found& found) const;

  std::map<dev_t, std::string> points_;
  std::map<dev_t, UniqueFd> folders_;
};

}  // namespace kcommons::daemon
