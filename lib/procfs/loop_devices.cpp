#include "procfs/loop_devices.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string_view>

#include "procfs/directory.hpp"

namespace kcommons::procfs {

Result<LoopDevices> count_loop_devices(const std::string& sys_block) {
  const auto directory = open_directory(AT_FDCWD, sys_block.c_str());
  if (!directory) {
    if (directory.error().kind() == ErrorKind::kGone) return LoopDevices{};
    return fail(directory.error());
  }
  LoopDevices devices;
  DirectoryReader reader(directory->get());
  while (true) {
    const auto name = reader.next();
    if (!name) return fail(name.error().during(sys_block));
    if (*name == nullptr) return devices;
    if (!std::string_view(*name).starts_with("loop")) continue;
    ++devices.present;
    const std::string path = std::string(*name) + "/loop/backing_file";
    if (::faccessat(directory->get(), path.c_str(), F_OK, 0) == 0) ++devices.bound;
  }
}

}  // namespace kcommons::procfs
