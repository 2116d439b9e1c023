// /proc/net/softnet_stat: the backlog of received packets of each CPU that is online, the same in
// every network namespace (net/core/net-procfs.c, softnet_seq_show). Pure, thread-safe.
//
// A packet is dropped when more than net.core.netdev_max_backlog wait for its CPU. Virtual devices
// (veth, loopback, tunnels) pass through the backlog, network cards with NAPI do not unless RPS is
// on.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace kcommons::procfs {

// The counters have 32 bits and wrap.
struct SoftnetCpu {
  std::uint32_t cpu = 0;
  std::uint32_t processed = 0;
  std::uint32_t dropped = 0;
  std::uint32_t time_squeeze = 0;        // rounds cut short by netdev_budget
  std::optional<std::uint32_t> backlog;  // packets that wait now; older kernels do not tell
};

struct SoftnetStat {
  std::vector<SoftnetCpu> cpus;
  // The kernel gives the numbers of the CPUs. Where it does not, they are those of the lines, and
  // change when a CPU goes offline.
  bool numbered = false;
};

// Lines of hexadecimal columns, told apart by their place: 9 at least, newer kernels have more.
Result<SoftnetStat> parse_softnet_stat(std::string_view text);

}  // namespace kcommons::procfs
