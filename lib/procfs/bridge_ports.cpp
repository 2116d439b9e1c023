#include "procfs/bridge_ports.hpp"

#include <fcntl.h>

#include <algorithm>
#include <string_view>
#include <system_error>

#include "procfs/directory.hpp"

namespace kcommons::procfs {

namespace {

bool is_dots(std::string_view name) {
  return name == "." || name == "..";
}

// Beside the devices there may be a file (bonding_masters), which is no directory.
bool is_no_bridge(const Error& error) {
  return error.kind() == ErrorKind::kGone || error.code() == std::errc::not_a_directory;
}

// Each port is an entry. Empty where the device is no bridge, or is gone.
Result<std::optional<std::uint64_t>> ports_of(int net_fd, const std::string& device) {
  const std::optional<std::uint64_t> none;
  const auto ports = open_directory(net_fd, (device + "/brif").c_str());
  if (!ports) {
    if (is_no_bridge(ports.error())) return none;
    return fail(ports.error());
  }
  std::uint64_t count = 0;
  DirectoryReader reader(ports->get());
  while (true) {
    const auto name = reader.next();
    if (!name) return fail(name.error().during(device));
    if (*name == nullptr) return std::optional(count);
    if (!is_dots(*name)) ++count;
  }
}

}  // namespace

Result<std::optional<std::uint64_t>> count_bridge_ports(const std::string& sys_class_net) {
  std::optional<std::uint64_t> most;
  const auto directory = open_directory(AT_FDCWD, sys_class_net.c_str());
  if (!directory) {
    if (directory.error().kind() == ErrorKind::kGone) return most;
    return fail(directory.error());
  }
  DirectoryReader reader(directory->get());
  while (true) {
    const auto name = reader.next();
    if (!name) return fail(name.error().during(sys_class_net));
    if (*name == nullptr) return most;
    if (is_dots(*name)) continue;
    const auto ports = ports_of(directory->get(), *name);
    if (!ports) return fail(ports.error().during(sys_class_net));
    if (*ports) most = std::max(most.value_or(0), **ports);
  }
}

}  // namespace kcommons::procfs
