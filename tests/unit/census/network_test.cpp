// The backlog, bridges and drops as a source reads them from a tree.
#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "census/host_readings.hpp"
#include "census/procfs_source.hpp"
#include "fake_clock.hpp"
#include "fake_proc.hpp"
#include "live_support.hpp"
#include "procfs/proc_root.hpp"

using namespace kcommons;
using namespace kcommons::census;
using catalogue::ResourceId;
using test::FakeProc;
using test::must;

namespace {

const Reading& of(const Readings& readings, ResourceId id) {
  return readings[catalogue::index_of(id)];
}

std::string net_dev(const std::string& device, std::uint64_t dropped) {
  return "Inter-|   Receive                                                |  Transmit\n"
         " face |bytes    packets errs drop fifo frame compressed multicast|bytes\n"
         "    lo: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n" +
         device + ": 1 1 0 " + std::to_string(dropped) + " 0 0 0 0 0 0 0 0 0 0 0 0\n";
}

struct Tree {
  FakeProc proc;
  FakeProc sys;
  test::FakeClock clock;
  std::unique_ptr<ProcfsSource> source;

  Tree() {
    proc.file_nr(1000, 65536).sysctl("net/core/netdev_max_backlog", "1000");
    proc.process(2).kernel_thread();
  }

  void process(int pid, const std::string& net_ns, const std::string& device,
               std::uint64_t dropped) {
    proc.process(pid);
    proc.link(std::to_string(pid) + "/ns/net", net_ns);
    proc.file(std::to_string(pid) + "/net/dev", net_dev(device, dropped));
  }

  ProcfsSource& opened() {
    if (!source) {
      source = must(ProcfsSource::open({.root = proc.path(),
                                        .sysfs = sys.path(),
                                        .layouts = cgroup::Layouts::built_in(),
                                        .inotify = {}},
                                       clock));
    }
    return *source;
  }
  Census take() { return must(opened().take_census({})); }
};

}  // namespace

TEST_CASE("the backlog is that of the fullest CPU and may exceed its limit", "[census]") {
  Tree tree;
  tree.proc.file("net/softnet_stat", "1 5 0 0 0 0 0 0 0 0 0 3 0\n1 6 0 0 0 0 0 0 0 0 0 3e9 2\n");
  const PoolsReading pools = must(tree.opened().read_pools());
  const Reading& backlog = of(pools.readings, ResourceId::kPacketBacklog);
  CHECK(backlog.used == 1001);
  CHECK(backlog.limit == catalogue::Limit{1000});
  CHECK(pools.failures.first.empty());

  tree.proc.file("net/softnet_stat", "1 7 0 0 0 0 0 0 0 0 0 0 0\n");
  const Census census = tree.take();
  CHECK(of(census.readings, ResourceId::kPacketBacklog).used == 0);
  REQUIRE(census.cpu_drops.size() == 2);
  CHECK(census.cpu_drops[0].packets == 7);
  CHECK(census.cpu_drops[1].cpu == 2);
  CHECK(census.cpu_drops[1].packets == 6);
}

TEST_CASE("drops that wrap between two censuses are seen by the pools passes", "[census]") {
  Tree tree;
  tree.proc.file("net/softnet_stat", "1 1 0 0 0 0 0 0 0 0 0 0 0\n");
  tree.take();
  for (const char* dropped : {"80000000", "ffffffff", "7fffffff", "2"}) {
    tree.proc.file("net/softnet_stat", std::string("1 ") + dropped + " 0 0 0 0 0 0 0 0 0 0 0\n");
    must(tree.opened().read_pools());
  }
  CHECK(tree.take().cpu_drops.at(0).packets == 0x200000002);
}

TEST_CASE("a kernel that does not tell the backlog has none and what is unsound is counted",
          "[census]") {
  Tree tree;
  tree.proc.file("net/softnet_stat", "1 5 0 0 0 0 0 0 0\n");
  CHECK_FALSE(of(must(tree.opened().read_pools()).readings, ResourceId::kPacketBacklog).used);
  tree.proc.file("net/softnet_stat", "garbage\n");
  const Census census = tree.take();
  CHECK(census.failures.by_kind[static_cast<std::size_t>(ErrorKind::kMalformed)] == 1);
  CHECK(census.cpu_drops.at(0).packets == 5);
}

TEST_CASE("ports are those of the fullest bridge at the last census", "[census]") {
  Tree tree;
  CHECK_FALSE(of(tree.take().readings, ResourceId::kBridgePorts).used);
  tree.sys.file("class/net/br0/brif/a", "").file("class/net/br0/brif/b", "");
  tree.sys.file("class/net/br1/brif/c", "").file("class/net/lo/ifindex", "1");
  const Census census = tree.take();
  const Reading& ports = of(census.readings, ResourceId::kBridgePorts);
  CHECK(ports.used == 2);
  CHECK(ports.limit == catalogue::Limit{1023});
  tree.sys.remove("class/net/br0").remove("class/net/br1");
  // A pools pass opens nothing, so it keeps what was counted.
  CHECK(of(must(tree.opened().read_pools()).readings, ResourceId::kBridgePorts).used == 2);
  CHECK_FALSE(of(tree.take().readings, ResourceId::kBridgePorts).used);
}

TEST_CASE("each network namespace is read once and processes tell theirs", "[census]") {
  Tree tree;
  tree.process(10, "net:[4026531840]", "eth0", 7);
  tree.process(11, "net:[4026532000]", "eth0", 20);
  tree.process(12, "net:[4026532000]", "eth0", 20);
  tree.proc.process(13);  // without a namespace that can be told
  Census census = tree.take();
  REQUIRE(census.processes.size() == 4);
  CHECK(census.processes[1].net_ns == NetNsInode(4026532000));
  CHECK(census.processes[3].net_ns == NetNsInode());
  REQUIRE(census.network_drops.size() == 2);
  CHECK(census.network_drops[0].net_ns == NetNsInode(4026531840));
  CHECK(census.network_drops[0].packets == 7);
  CHECK(census.network_drops[1].packets == 20);

  // Another device in the place of the first.
  tree.process(11, "net:[4026532000]", "eth1", 2);
  census = tree.take();
  CHECK(census.network_drops[1].packets == 22);
  CHECK(census.failures.first.empty());
}

TEST_CASE("a namespace whose devices make no sense is counted and keeps its drops", "[census]") {
  Tree tree;
  tree.process(10, "net:[4026531840]", "eth0", 7);
  tree.take();
  tree.proc.file("10/net/dev", "garbage\n");
  const Census census = tree.take();
  CHECK(census.failures.by_kind[static_cast<std::size_t>(ErrorKind::kMalformed)] == 1);
  CHECK(census.network_drops.at(0).packets == 7);
}
