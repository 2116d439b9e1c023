#include "census/drop_counters.hpp"

#include <utility>

namespace kcommons::census {

// Where the kernel gives no numbers, a CPU that goes offline moves the lines below it up: what was
// known of each line is another CPU's then.
void CpuDropCounters::update(const procfs::SoftnetStat& stat) {
  const bool moved = !stat.numbered && lines_ != 0 && lines_ != stat.cpus.size();
  lines_ = stat.cpus.size();
  if (moved) {
    for (auto& [cpu, counter] : by_cpu_) counter.last.reset();
  }
  for (const procfs::SoftnetCpu& cpu : stat.cpus) {
    const auto [at, added] = by_cpu_.try_emplace(cpu.cpu);
    Counter& counter = at->second;
    if (added) {
      counter.total = cpu.dropped;
    } else if (counter.last) {
      counter.total += static_cast<std::uint32_t>(cpu.dropped - *counter.last);
    }
    counter.last = cpu.dropped;
  }
}

std::vector<CpuDrops> CpuDropCounters::totals() const {
  std::vector<CpuDrops> totals;
  for (const auto& [cpu, counter] : by_cpu_) totals.push_back({cpu, counter.total});
  return totals;
}

void DeviceDropCounters::update_devices(NetNsInode net_ns,
                                        const std::vector<DeviceDrops>& devices) {
  std::map<std::string, std::uint64_t> now;
  for (const DeviceDrops& device : devices) {
    const Namespace& before = namespaces_[net_ns];
    const auto known = before.devices.find(device.device);
    const bool goes_on = known != before.devices.end() && known->second <= device.dropped;
    namespaces_[device.booked_to].total += device.dropped - (goes_on ? known->second : 0);
    now[device.device] = device.dropped;
  }
  namespaces_[net_ns].devices = std::move(now);
}

std::vector<NetworkDrops> DeviceDropCounters::update(
    const std::vector<NamespaceReading>& readings) {
  for (auto& [net_ns, known] : namespaces_) ++known.unseen;
  for (const NamespaceReading& reading : readings) {
    namespaces_[reading.net_ns].unseen = 0;
    if (reading.devices) update_devices(reading.net_ns, *reading.devices);
  }
  std::erase_if(namespaces_, [](const auto& known) { return known.second.unseen > kStay; });
  std::vector<NetworkDrops> totals;
  for (const auto& [net_ns, known] : namespaces_) totals.push_back({net_ns, known.total});
  return totals;
}

}  // namespace kcommons::census
