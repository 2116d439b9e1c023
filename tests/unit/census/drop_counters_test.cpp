#include "census/drop_counters.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

using namespace kcommons;
using namespace kcommons::census;

namespace {

procfs::SoftnetStat stat(std::vector<std::pair<std::uint32_t, std::uint32_t>> dropped,
                         bool numbered = true) {
  procfs::SoftnetStat stat{.cpus = {}, .numbered = numbered};
  for (const auto& [cpu, packets] : dropped) {
    stat.cpus.push_back({.cpu = cpu, .dropped = packets, .backlog = {}});
  }
  return stat;
}

using Totals = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

Totals after(CpuDropCounters& counters, const procfs::SoftnetStat& stat) {
  counters.update(stat);
  Totals totals;
  for (const CpuDrops& drops : counters.totals()) totals.emplace_back(drops.cpu, drops.packets);
  return totals;
}

// A reading of one namespace whose devices count for it.
NamespaceReading reading(std::uint64_t net_ns,
                         std::vector<std::pair<std::string, std::uint64_t>> devices) {
  NamespaceReading reading{.net_ns = NetNsInode(net_ns), .devices = std::vector<DeviceDrops>()};
  for (auto& [name, dropped] : devices) {
    reading.devices->push_back({name, dropped, NetNsInode(net_ns)});
  }
  return reading;
}

NamespaceReading unread(std::uint64_t net_ns) {
  return {.net_ns = NetNsInode(net_ns), .devices = {}};
}

Totals after(DeviceDropCounters& counters, const std::vector<NamespaceReading>& readings) {
  Totals totals;
  for (const NetworkDrops& drops : counters.update(readings)) {
    totals.emplace_back(drops.net_ns.value(), drops.packets);
  }
  return totals;
}

}  // namespace

TEST_CASE("drops of a CPU begin with what the kernel has counted and go on", "[census]") {
  CpuDropCounters counters;
  CHECK(after(counters, stat({{0, 5}, {1, 0}})) == Totals{{0, 5}, {1, 0}});
  CHECK(after(counters, stat({{0, 5}, {1, 3}})) == Totals{{0, 5}, {1, 3}});
  CHECK(after(counters, stat({{0, 105}, {1, 4}})) == Totals{{0, 105}, {1, 4}});
}

TEST_CASE("drops of a CPU go on where 32 bits are full", "[census]") {
  CpuDropCounters counters;
  CHECK(after(counters, stat({{0, 0xFFFFFFF0}})) == Totals{{0, 0xFFFFFFF0}});
  CHECK(after(counters, stat({{0, 0x10}})) == Totals{{0, 0x100000010}});
  CHECK(after(counters, stat({{0, 0xF}})) == Totals{{0, 0x20000000F}});
}

TEST_CASE("a CPU that is offline keeps its drops and goes on when it is back", "[census]") {
  CpuDropCounters counters;
  after(counters, stat({{0, 1}, {1, 0xFFFFFFFF}, {2, 3}}));
  CHECK(after(counters, stat({{0, 1}, {2, 4}})) == Totals{{0, 1}, {1, 0xFFFFFFFF}, {2, 4}});
  CHECK(after(counters, stat({{0, 1}, {1, 1}, {2, 4}})) ==
        Totals{{0, 1}, {1, 0x100000001}, {2, 4}});
}

TEST_CASE("a CPU that comes online later begins with what it has", "[census]") {
  CpuDropCounters counters;
  after(counters, stat({{0, 1}}));
  CHECK(after(counters, stat({{0, 1}, {5, 7}})) == Totals{{0, 1}, {5, 7}});
}

TEST_CASE("lines without numbers that move up are not taken for wraps", "[census]") {
  CpuDropCounters counters;
  after(counters, stat({{0, 10}, {1, 1000}, {2, 20}}, false));
  // CPU 1 went offline: line 1 is CPU 2 now.
  CHECK(after(counters, stat({{0, 12}, {1, 20}}, false)) == Totals{{0, 10}, {1, 1000}, {2, 20}});
  CHECK(after(counters, stat({{0, 13}, {1, 25}}, false)) == Totals{{0, 11}, {1, 1005}, {2, 20}});
  // And back again.
  CHECK(after(counters, stat({{0, 13}, {1, 1000}, {2, 25}}, false)) ==
        Totals{{0, 11}, {1, 1005}, {2, 20}});
  CHECK(after(counters, stat({{0, 14}, {1, 1000}, {2, 26}}, false)) ==
        Totals{{0, 12}, {1, 1005}, {2, 21}});
}

TEST_CASE("drops of a namespace are those of its devices together", "[census]") {
  DeviceDropCounters counters;
  CHECK(after(counters, {reading(1, {{"lo", 0}, {"eth0", 7}}), reading(2, {})}) ==
        Totals{{1, 7}, {2, 0}});
  CHECK(after(counters, {reading(1, {{"lo", 1}, {"eth0", 9}}), reading(2, {{"eth0", 4}})}) ==
        Totals{{1, 10}, {2, 4}});
}

TEST_CASE("a device that goes or comes anew lets no counter fall", "[census]") {
  DeviceDropCounters counters;
  after(counters, {reading(1, {{"eth0", 100}, {"eth1", 10}})});
  CHECK(after(counters, {reading(1, {{"eth1", 12}})}) == Totals{{1, 112}});
  CHECK(after(counters, {reading(1, {{"eth0", 3}, {"eth1", 12}})}) == Totals{{1, 115}});
  // Removed and made again between two readings.
  CHECK(after(counters, {reading(1, {{"eth0", 3}, {"eth1", 5}})}) == Totals{{1, 120}});
  CHECK(after(counters, {reading(1, {})}) == Totals{{1, 120}});
}

TEST_CASE("a namespace that could not be read keeps its total and its devices", "[census]") {
  DeviceDropCounters counters;
  after(counters, {reading(1, {{"eth0", 100}})});
  for (int i = 0; i < 2 * DeviceDropCounters::kStay; ++i) {
    CHECK(after(counters, {unread(1)}) == Totals{{1, 100}});
  }
  CHECK(after(counters, {reading(1, {{"eth0", 101}})}) == Totals{{1, 101}});
}

TEST_CASE("a namespace that is away for a moment does not begin anew", "[census]") {
  DeviceDropCounters counters;
  after(counters, {reading(1, {{"eth0", 100}})});
  for (int i = 0; i < DeviceDropCounters::kStay; ++i) {
    CHECK(after(counters, {reading(2, {})}) == Totals{{1, 100}, {2, 0}});
  }
  CHECK(after(counters, {reading(1, {{"eth0", 101}})}) == Totals{{1, 101}, {2, 0}});
}

TEST_CASE("a namespace that is gone is forgotten", "[census]") {
  DeviceDropCounters counters;
  after(counters, {reading(1, {{"eth0", 100}})});
  for (int i = 0; i < DeviceDropCounters::kStay; ++i) after(counters, {});
  CHECK(after(counters, {}).empty());
  CHECK(after(counters, {reading(1, {{"eth0", 2}})}) == Totals{{1, 2}});
}

TEST_CASE("a device of the host counts for the namespace of its peer", "[census]") {
  DeviceDropCounters counters;
  const NetNsInode host(1);
  const NetNsInode container(2);
  const auto take = [&](std::uint64_t veth, NetNsInode booked_to) {
    return after(counters,
                 {reading(2, {{"eth0", 50}}),
                  {.net_ns = host,
                   .devices = std::vector<DeviceDrops>{{"2", 5, host}, {"9", veth, booked_to}}}});
  };
  CHECK(take(3, container) == Totals{{1, 5}, {2, 53}});
  // The peer was not found: what is new is the host's, what was counted stays.
  CHECK(take(4, host) == Totals{{1, 6}, {2, 53}});
  CHECK(take(6, container) == Totals{{1, 6}, {2, 55}});
}

TEST_CASE("no total ever falls and none counts a packet twice", "[census]") {
  std::mt19937 random(7);
  const auto below = [&](std::uint64_t bound) {
    return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random);
  };
  DeviceDropCounters counters;
  std::map<std::string, std::uint64_t> devices;
  std::uint64_t dropped = 0;  // as far as some reading has it
  std::uint64_t last = 0;
  for (int round = 0; round < 2000; ++round) {
    const std::string name = "eth" + std::to_string(below(4));
    if (below(5) == 0) devices.erase(name);
    const std::uint64_t packets = below(100);
    devices[name] += packets;
    dropped += packets;
    const auto totals =
        after(counters, {below(4) == 0 ? unread(1) : reading(1, {devices.begin(), devices.end()})});
    REQUIRE(totals[0].second >= last);
    REQUIRE(totals[0].second <= dropped);
    last = totals[0].second;
  }
}
