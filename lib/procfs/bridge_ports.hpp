// Ports of network bridges. sysfs shows the devices of the network namespace of whoever mounted it
// (net/core/net-sysfs.c), so it is the host's where the host has mounted it, and bridges within
// containers are not seen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace kcommons::procfs {

// A port's number has 10 bits (BR_PORT_BITS of net/bridge/br_private.h), and 0 is none.
inline constexpr std::uint64_t kMaxBridgePorts = 1023;

// Of the bridge that has most, out of /sys/class/net, which `sys_class_net` is; empty where there
// is no bridge. Thread-safe. Opens two descriptors for the call.
Result<std::optional<std::uint64_t>> count_bridge_ports(const std::string& sys_class_net);

}  // namespace kcommons::procfs
