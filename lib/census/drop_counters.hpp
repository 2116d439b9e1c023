// From counters of the kernel that wrap, go away and come back to totals that never fall. Values
// in, values out; kept by a source from census to census. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "census/census.hpp"
#include "procfs/softnet_stat.hpp"

namespace kcommons::census {

// What CPUs have dropped for a full backlog, in 64 bits. The total begins with what the kernel has
// counted before, as far as its 32 bits tell. It is right as long as less than 2^32 packets are
// dropped between two readings.
class CpuDropCounters final {
 public:
  void update(const procfs::SoftnetStat& stat);
  // By CPU. One that is offline keeps its total, as it keeps its counter in the kernel.
  [[nodiscard]] std::vector<CpuDrops> totals() const;

 private:
  struct Counter {
    std::uint64_t total = 0;
    std::optional<std::uint32_t> last;
  };
  std::map<std::uint32_t, Counter> by_cpu_;
  std::size_t lines_ = 0;
};

struct DeviceDrops {
  std::string device;  // names it for as long as it lives, within the namespace that it is in
  std::uint64_t dropped = 0;
  NetNsInode booked_to;  // the namespace that its drops count for
};

struct NamespaceReading {
  NetNsInode net_ns;
  // Empty: it is there, and could not be read this time.
  std::optional<std::vector<DeviceDrops>> devices;
};

// What devices have dropped, by network namespace. A device that is new counts with all that it has
// dropped since it was made, so does one whose counter is lower than it was: it was made anew. What
// a device that went away had dropped stays in the total.
//
// Where a device was given another name it counts as a new one, if names are all there is to go by.
class DeviceDropCounters final {
 public:
  // A namespace that is not seen is remembered for so many updates: it may be back, and its number
  // is soon another one's.
  static constexpr int kStay = 3;

  // The totals of all namespaces that are remembered, by inode.
  std::vector<NetworkDrops> update(const std::vector<NamespaceReading>& readings);

 private:
  struct Namespace {
    std::map<std::string, std::uint64_t> devices;  // what each had dropped
    std::uint64_t total = 0;
    int unseen = 0;
  };
  void update_devices(NetNsInode net_ns, const std::vector<DeviceDrops>& devices);

  std::map<NetNsInode, Namespace> namespaces_;
};

}  // namespace kcommons::census
