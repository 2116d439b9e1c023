// /proc/PID/net/dev: counters of the devices of a process's network namespace (proc_net(5);
// net/core/net-procfs.c, dev_seq_printf_stats). Readable for everybody, whoever the process is.
// Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "procfs/process_dir.hpp"

namespace kcommons::procfs {

// What was received, of each column that is of interest; 64 bits each on 64-bit machines.
struct NetDevice {
  std::string_view name;  // any bytes but white space, '/' and ':'
  std::uint64_t packets = 0;
  std::uint64_t errors = 0;
  // Packets that were dropped for lack of room in the backlog or for want of a taker, or that the
  // hardware missed (rx_dropped + rx_missed_errors).
  std::uint64_t dropped = 0;
};

// Names point into `text`.
Result<std::vector<NetDevice>> parse_net_dev(std::string_view text);

// Names point into `buffer`.
Result<std::vector<NetDevice>> read_net_dev(const ProcessDir& process, std::string& buffer);

}  // namespace kcommons::procfs
