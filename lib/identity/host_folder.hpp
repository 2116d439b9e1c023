// A folder of the host in which a runtime keeps what it knows of its containers, and the small
// files below it. Whoever runs a container may have written what is in there, so nothing below the
// folder is trusted: no link is followed, no ".." taken, no device or FIFO waited for, and no file
// read that is longer than allowed. What the folder itself is called comes from the configuration,
// and links in it are the administrator's: they are followed, but never out of the host's root
// (openat2(2)).
//
// It is opened for each look and closed again: runtimes come and go, and none is held. Movable,
// thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace kcommons::identity {

// An OCI configuration with a long seccomp profile is 100 KiB.
inline constexpr std::size_t kFileLimit = std::size_t{1} << 20U;
// Entries of one folder that are looked at.
inline constexpr std::size_t kEntriesLimit = 20000;

class HostFolder final {
 public:
  // `rootfs`: where the host's root is seen, "/" but for a daemon that itself runs in a container.
  // kGone where the folder is not there: most runtimes are not installed.
  static Result<HostFolder> open(const std::string& rootfs, std::string path);

  // The whole of a regular file, by its names from the folder on. A name that is empty, has a '/'
  // in it, or is "." or ".." is an error of kind kMalformed.
  [[nodiscard]] Result<std::string> read(const std::vector<std::string_view>& names,
                                         std::size_t limit = kFileLimit) const;
  // The names in the folder, or in one below it, in no order, but "." and "..". More than
  // kEntriesLimit is an error.
  [[nodiscard]] Result<std::vector<std::string>> list(
      const std::vector<std::string_view>& names = {}) const;
  // For messages: the file of those names, as the folder was given.
  [[nodiscard]] std::string name_of(const std::vector<std::string_view>& names) const;

 private:
  HostFolder(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  [[nodiscard]] Result<UniqueFd> open_again() const;
  [[nodiscard]] Result<UniqueFd> open_below(const std::vector<std::string_view>& names,
                                            int flags) const;

  UniqueFd fd_;
  std::string path_;
};

}  // namespace kcommons::identity
