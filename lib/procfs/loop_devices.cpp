#include "procfs/loop_devices.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "procfs/directory.hpp"

namespace kcommons::procfs {

namespace {

// An error where that cannot be told.
Result<bool> is_bound(int block_fd, const std::string& device) {
  const std::string path = device + "/loop/backing_file";
  if (::faccessat(block_fd, path.c_str(), F_OK, 0) == 0) return true;
  const Error error = Error::from_errno(errno, "look for " + path);
  if (error.kind() == ErrorKind::kGone) return false;
  return fail(error);
}

}  // namespace

Result<std::optional<LoopDevices>> count_loop_devices(const std::string& sys_block) {
  const auto directory = open_directory(AT_FDCWD, sys_block.c_str());
  if (!directory) {
    if (directory.error().kind() == ErrorKind::kGone) return std::optional<LoopDevices>{};
    return fail(directory.error());
  }
  LoopDevices devices;
  DirectoryReader reader(directory->get());
  while (true) {
    const auto name = reader.next();
    if (!name) return fail(name.error().during(sys_block));
    if (*name == nullptr) return std::optional(devices);
    if (!std::string_view(*name).starts_with("loop")) continue;
    const auto bound = is_bound(directory->get(), *name);
    if (!bound) return fail(bound.error().during(sys_block));
    ++devices.present;
    if (*bound) ++devices.bound;
  }
}

}  // namespace kcommons::procfs
