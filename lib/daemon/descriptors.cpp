#include "daemon/descriptors.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "procfs/file_reader.hpp"
#include "procfs/sysctl.hpp"

namespace kcommons::daemon {

config::Config::Reserve fit_reserve(const config::Config::Reserve& wanted, std::uint64_t limit) {
  const std::uint64_t most = limit / 2;
  const std::uint64_t all = wanted.walks + wanted.connections;
  if (all <= most) return wanted;
  config::Config::Reserve fitted;
  fitted.walks = wanted.walks * most / all;
  fitted.connections = wanted.connections * most / all;
  return fitted;
}

Result<std::uint64_t> raise_descriptor_limit(const config::Config::Reserve& wanted) {
  // Files that are kept open, connections, and what a walk through /proc opens.
  constexpr rlim_t kBeside = 1024;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return fail(Error::from_errno(errno, "read the limit of own descriptors"));
  }
  // Not to the hard limit: a walk over all possible numbers should stay short.
  const rlim_t needed = std::min(limit.rlim_max, wanted.walks + wanted.connections + kBeside);
  if (limit.rlim_cur >= needed) return limit.rlim_cur;
  limit.rlim_cur = needed;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return fail(Error::from_errno(errno, "raise the limit of own descriptors"));
  }
  return needed;
}

std::function<std::size_t()> files_over_limit(const std::string& procfs) {
  auto opened = procfs::KernelFile::open(AT_FDCWD, procfs + "/sys/fs/file-nr");
  if (!opened) return [] { return std::size_t{0}; };
  // A std::function is copied.
  const auto file = std::make_shared<const procfs::KernelFile>(std::move(*opened));
  return [file, buffer = std::string()]() mutable {
    const auto text = file->read(buffer);
    const auto file_nr =
        text ? procfs::parse_file_nr(*text) : Result<procfs::FileNr>(fail(text.error()));
    if (!file_nr || !file_nr->limit) return std::size_t{0};
    return file_nr->allocated - std::min(file_nr->allocated, *file_nr->limit);
  };
}

}  // namespace kcommons::daemon
