// The pools that no test fills, because that would harm the machine: their readings from files.
#include "census/host_readings.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "census/cost.hpp"
#include "fake_proc.hpp"
#include "live_support.hpp"
#include "procfs/proc_root.hpp"

using namespace kcommons;
using namespace kcommons::census;
using catalogue::Limit;
using catalogue::ResourceId;
using test::FakeProc;
using test::must;

namespace {

struct Tree {
  FakeProc proc;
  FakeProc sys;

  // All that the five pools are read from.
  Tree& with_pools() {
    proc.file(
        "net/sockstat",
        "sockets: used 12\nTCP: inuse 1 orphan 17 tw 4 alloc 1 mem 383\nUDP: inuse 0 mem 5\n");
    proc.sysctl("net/ipv4/tcp_mem", "287901\t383869\t575802");
    proc.sysctl("net/ipv4/tcp_max_orphans", "131072");
    proc.sysctl("net/netfilter/nf_conntrack_count", "137");
    proc.sysctl("net/netfilter/nf_conntrack_max", "262144");
    proc.file("cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t4\t60\t1\n");
    sys.file("block/loop0/size", "0\n").file("block/loop1/loop/backing_file", "/a\n");
    sys.file("block/loop2/loop/backing_file", "/b\n").file("block/vda/size", "1\n");
    return *this;
  }
};

struct Pass {
  Readings readings;
  Failures failures;

  [[nodiscard]] const Reading& of(ResourceId id) const { return readings[catalogue::index_of(id)]; }
  [[nodiscard]] std::uint64_t malformed() const {
    return failures.by_kind[static_cast<std::size_t>(ErrorKind::kMalformed)];
  }
};

class Reader {
 public:
  explicit Reader(const Tree& tree)
      : root_(must(procfs::ProcRoot::open(tree.proc.path()))), host_(root_.fd(), tree.sys.path()) {}

  // As a census does.
  Pass read() {
    Pass pass;
    host_.open_missing();
    host_.count_devices(pass.failures, cost_);
    pass.readings = host_.read(pass.failures, cost_);
    return pass;
  }
  // As between two of them.
  Pass read_pools() {
    Pass pass;
    pass.readings = host_.read(pass.failures, cost_);
    return pass;
  }

 private:
  procfs::ProcRoot root_;
  HostReadings host_;
  ReaderCosts costs_;
  CostMeter cost_{costs_};
};

void check_absent(const Reading& reading) {
  CHECK_FALSE(reading.used);
  CHECK_FALSE(reading.limit);
}

struct Pool {
  ResourceId resource;
  std::uint64_t used;
  std::uint64_t limit;
};
const std::vector<Pool> kPools{{ResourceId::kTcpMemoryPages, 383, 575802},
                               {ResourceId::kTcpOrphans, 17, 131072},
                               {ResourceId::kConntrackEntries, 137, 262144},
                               {ResourceId::kMemoryCgroups, 60, 65535},
                               {ResourceId::kLoopDevices, 2, 1048576}};

// All of them are as they should be, but one.
void check_others(const Pass& pass, ResourceId but) {
  for (const Pool& pool : kPools) {
    if (pool.resource == but) continue;
    CAPTURE(catalogue::resource(pool.resource).name);
    CHECK(pass.of(pool.resource).used == pool.used);
    CHECK(pass.of(pool.resource).limit == Limit{pool.limit});
  }
}

}  // namespace

TEST_CASE("pools that are not filled have their use and limit from files", "[census]") {
  Tree tree;
  Reader reader(tree.with_pools());
  const Pass pass = reader.read();
  CHECK(pass.failures.first.empty());
  for (const Pool& pool : kPools) {
    CAPTURE(catalogue::resource(pool.resource).name);
    CHECK(pass.of(pool.resource).used == pool.used);
    CHECK(pass.of(pool.resource).limit == Limit{pool.limit});
  }
}

TEST_CASE("pools that are not filled are read from the files of a real machine", "[census]") {
  Tree tree;
  tree.proc.file("net/sockstat", test::fixture("sockstat-6.18"));
  tree.proc.file("cgroups", test::fixture("cgroups-6.18"));
  Reader reader(tree);
  const Pass pass = reader.read();
  CHECK(pass.failures.first.empty());
  CHECK(pass.of(ResourceId::kTcpMemoryPages).used == 383U);
  CHECK(pass.of(ResourceId::kTcpOrphans).used == 0U);
  CHECK(pass.of(ResourceId::kMemoryCgroups).used == 50U);
  CHECK(pass.of(ResourceId::kMemoryCgroups).limit == Limit{65535});
}

TEST_CASE("pools whose files are not there are absent and that is no failure", "[census]") {
  Tree tree;
  Reader reader(tree);
  const Pass pass = reader.read();
  CHECK(pass.failures.first.empty());
  for (const Pool& pool : kPools) {
    CAPTURE(catalogue::resource(pool.resource).name);
    check_absent(pass.of(pool.resource));
  }
}

TEST_CASE("a pool is absent where the file of its use alone is missing", "[census]") {
  struct Row {
    ResourceId resource;
    const char* file;
    bool has_limit;  // what nobody uses may have a limit all the same
  };
  const Row row = GENERATE(values<Row>({
      {ResourceId::kConntrackEntries, "sys/net/netfilter/nf_conntrack_count", true},
      {ResourceId::kMemoryCgroups, "cgroups", false},
  }));
  Tree tree;
  tree.with_pools().proc.remove(row.file);
  CAPTURE(row.file);
  Reader reader(tree);
  const Pass pass = reader.read();
  CHECK(pass.failures.first.empty());
  CHECK_FALSE(pass.of(row.resource).used);
  CHECK(pass.of(row.resource).limit.has_value() == row.has_limit);
  check_others(pass, row.resource);
}

TEST_CASE("what is used stands without a limit that is missing", "[census]") {
  struct Row {
    ResourceId resource;
    const char* file;
    std::uint64_t used;
  };
  const Row row = GENERATE(values<Row>({
      {ResourceId::kTcpMemoryPages, "sys/net/ipv4/tcp_mem", 383},
      {ResourceId::kTcpOrphans, "sys/net/ipv4/tcp_max_orphans", 17},
      {ResourceId::kConntrackEntries, "sys/net/netfilter/nf_conntrack_max", 137},
  }));
  Tree tree;
  tree.with_pools().proc.remove(row.file);
  CAPTURE(row.file);
  Reader reader(tree);
  const Pass pass = reader.read();
  CHECK(pass.failures.first.empty());
  CHECK(pass.of(row.resource).used == row.used);
  CHECK_FALSE(pass.of(row.resource).limit);
  check_others(pass, row.resource);
}

TEST_CASE("files of a module that is loaded later are found by the next census", "[census]") {
  Tree tree;
  tree.with_pools().proc.remove("sys/net/netfilter");
  Reader reader(tree);
  check_absent(reader.read().of(ResourceId::kConntrackEntries));

  tree.with_pools();
  Pass pass = reader.read_pools();
  CHECK(pass.failures.first.empty());
  check_absent(pass.of(ResourceId::kConntrackEntries));
  check_others(pass, ResourceId::kConntrackEntries);

  pass = reader.read();
  CHECK(pass.failures.first.empty());
  CHECK(pass.of(ResourceId::kConntrackEntries).used == 137U);
  CHECK(pass.of(ResourceId::kConntrackEntries).limit == Limit{262144});
  CHECK(reader.read_pools().of(ResourceId::kConntrackEntries).used == 137U);
}

// A network namespace that ends takes its files along, as a module does that is unloaded.
TEST_CASE("files that are gone though they were opened are missing until they are back",
          "[census][integration]") {
  if (test::lacks_root()) return;
  Tree tree;
  tree.proc.link("sys/net/netfilter", "/proc/sys/net/netfilter");
  constexpr int kNoConntrack = 2;
  const int found = test::run_in_child([&tree] {
    if (::unshare(CLONE_NEWNET) != 0) return 3;
    Reader reader(tree);
    const auto has_pool = [](const Pass& pass) {
      const Reading& reading = pass.of(ResourceId::kConntrackEntries);
      return reading.used || reading.limit;
    };
    if (!has_pool(reader.read())) return kNoConntrack;
    if (::unshare(CLONE_NEWNET) != 0) return 3;
    Pass pass;
    const bool gone = test::eventually([&] {
      pass = reader.read_pools();
      return !has_pool(pass);
    });
    if (!gone || !pass.failures.first.empty()) return 4;
    pass = reader.read();
    return has_pool(pass) && pass.failures.first.empty() ? 0 : 5;
  });
  if (found == kNoConntrack) {
    test::skipped("nf_conntrack is not loaded");
    return;
  }
  CHECK(found == 0);
}

TEST_CASE("use that makes no sense is counted and absent and other pools are read", "[census]") {
  struct Row {
    ResourceId resource;
    const char* file;
    const char* text;
  };
  const Row row = GENERATE(values<Row>({
      {ResourceId::kTcpMemoryPages, "net/sockstat", "TCP: orphan 17 mem -1\nUDP: mem 5\n"},
      {ResourceId::kTcpMemoryPages, "net/sockstat", "TCP: orphan 17\nUDP: mem 5\n"},
      {ResourceId::kTcpOrphans, "net/sockstat", "TCP: orphan many mem 383\nUDP: mem 5\n"},
      {ResourceId::kTcpOrphans, "net/sockstat",
       "TCP: orphan 18446744073709551616 mem 383\nUDP: mem 5\n"},
      {ResourceId::kConntrackEntries, "sys/net/netfilter/nf_conntrack_count", ""},
      {ResourceId::kConntrackEntries, "sys/net/netfilter/nf_conntrack_count", "-1\n"},
      {ResourceId::kConntrackEntries, "sys/net/netfilter/nf_conntrack_count", "none\n"},
      {ResourceId::kConntrackEntries, "sys/net/netfilter/nf_conntrack_count",
       "18446744073709551616\n"},
      {ResourceId::kMemoryCgroups, "cgroups", ""},
      {ResourceId::kMemoryCgroups, "cgroups", "#subsys_name\nmemory\t4\n"},
      {ResourceId::kMemoryCgroups, "cgroups", "#subsys_name\nmemory\t4\t-1\t1\n"},
  }));
  CAPTURE(row.file, row.text);
  Tree tree;
  Reader reader(tree.with_pools());
  REQUIRE(reader.read().of(row.resource).used);
  tree.proc.file(row.file, row.text);
  const Pass pass = reader.read();
  CHECK_FALSE(pass.of(row.resource).used);
  CHECK(pass.malformed() == 1);
  CHECK(pass.failures.first.starts_with(std::string(row.file) + ": parse "));
  check_others(pass, row.resource);
}

TEST_CASE("a sockstat that makes no sense at all leaves each of its pools absent", "[census]") {
  Tree tree;
  Reader reader(tree.with_pools());
  const std::string text =
      GENERATE(as<std::string>{}, "", "garbage\n", "TCP: inuse 1 orphan 17 tw 4 alloc 1 mem 38");
  CAPTURE(text);
  tree.proc.file("net/sockstat", text);
  const Pass pass = reader.read();
  CHECK(pass.malformed() == 3);  // UDP too
  CHECK_FALSE(pass.of(ResourceId::kTcpMemoryPages).used);
  CHECK_FALSE(pass.of(ResourceId::kTcpOrphans).used);
  CHECK_FALSE(pass.of(ResourceId::kUdpMemoryPages).used);
  CHECK(pass.of(ResourceId::kConntrackEntries).used == 137U);
}

TEST_CASE("a limit that makes no sense is counted and absent and the use stands", "[census]") {
  struct Row {
    ResourceId resource;
    const char* file;
    const char* text;
    std::uint64_t used;
  };
  const Row row = GENERATE(values<Row>({
      {ResourceId::kTcpMemoryPages, "sys/net/ipv4/tcp_mem", "287901\t383869\n", 383},
      {ResourceId::kTcpMemoryPages, "sys/net/ipv4/tcp_mem", "287901\t383869\t-1\n", 383},
      {ResourceId::kTcpMemoryPages, "sys/net/ipv4/tcp_mem", "287901\t383869\t575802\t1\n", 383},
      {ResourceId::kTcpMemoryPages, "sys/net/ipv4/tcp_mem", "287901\t383869\t5758", 383},
      {ResourceId::kTcpMemoryPages, "sys/net/ipv4/tcp_mem", "few\t383869\t575802\n", 383},
      {ResourceId::kTcpMemoryPages, "sys/net/ipv4/tcp_mem", "287901\tmore\t575802\n", 383},
      {ResourceId::kTcpMemoryPages, "sys/net/ipv4/tcp_mem", "287901\t383869\t575802\n1\n", 383},
      {ResourceId::kUdpMemoryPages, "sys/net/ipv4/udp_mem", "287901\t-1\t575802\n", 5},
      {ResourceId::kTcpMemoryPages, "sys/net/ipv4/tcp_mem", "", 383},
      {ResourceId::kTcpOrphans, "sys/net/ipv4/tcp_max_orphans", "many\n", 17},
      {ResourceId::kConntrackEntries, "sys/net/netfilter/nf_conntrack_max", "1 2\n", 137},
      {ResourceId::kConntrackEntries, "sys/net/netfilter/nf_conntrack_max", "2621", 137},
  }));
  CAPTURE(row.file, row.text);
  Tree tree;
  Reader reader(tree.with_pools());
  tree.proc.file(row.file, row.text);
  const Pass pass = reader.read();
  CHECK(pass.of(row.resource).used == row.used);
  CHECK_FALSE(pass.of(row.resource).limit);
  CHECK(pass.malformed() == 1);
  CHECK(pass.failures.first.starts_with(std::string(row.file) + ": parse "));
  check_others(pass, row.resource);
}

TEST_CASE("a connection tracking limit of 0 is none", "[census]") {
  Tree tree;
  tree.with_pools().proc.sysctl("net/netfilter/nf_conntrack_max", "0");
  const Reading reading = Reader(tree).read().of(ResourceId::kConntrackEntries);
  CHECK(reading.used == 137U);
  REQUIRE(reading.limit);
  CHECK_FALSE(reading.limit->value);
}

TEST_CASE("memory cgroups are absent where the kernel has the controller switched off",
          "[census]") {
  Tree tree;
  tree.with_pools().proc.file("cgroups", "#subsys_name\nmemory\t0\t1\t0\n");
  Reader reader(tree);
  const Pass pass = reader.read();
  CHECK(pass.failures.first.empty());
  check_absent(pass.of(ResourceId::kMemoryCgroups));
}

TEST_CASE("loop devices of which none is bound are none and not absent", "[census]") {
  Tree tree;
  tree.sys.file("block/loop0/size", "0\n");
  Reader reader(tree);
  CHECK(reader.read().of(ResourceId::kLoopDevices).used == 0U);
  tree.sys.remove("block/loop0");
  check_absent(reader.read().of(ResourceId::kLoopDevices));
}

TEST_CASE("devices are those of the last census and none where that could not tell", "[census]") {
  Tree tree;
  tree.with_pools().sys.file("class/net/br0/brif/veth1", "");
  Reader reader(tree);
  reader.read();
  tree.sys.remove("block").remove("class/net").file("block", "").file("class/net", "");
  Pass pass = reader.read_pools();
  CHECK(pass.failures.first.empty());
  CHECK(pass.of(ResourceId::kLoopDevices).used == 2U);
  CHECK(pass.of(ResourceId::kBridgePorts).used == 1U);

  pass = reader.read();
  CHECK(pass.failures.by_kind[static_cast<std::size_t>(ErrorKind::kOther)] == 2);
  CHECK(pass.failures.first == "open " + tree.sys.path() + "/block: Not a directory");
  check_absent(pass.of(ResourceId::kLoopDevices));
  check_absent(pass.of(ResourceId::kBridgePorts));
  check_others(pass, ResourceId::kLoopDevices);
}

TEST_CASE("a census that has no descriptor left keeps the pools that it knew",
          "[census][no-valgrind]") {
  Tree tree;
  tree.with_pools().sys.file("class/net/br0/brif/veth1", "");
  Reader reader(tree);
  reader.read();
  const int kept = test::run_in_child([&reader] {
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    if (::setrlimit(RLIMIT_NOFILE, &none) != 0) return 2;
    const Pass pass = reader.read();
    const bool failed = pass.failures.by_kind[static_cast<std::size_t>(ErrorKind::kExhausted)] == 2;
    for (const Pool& pool : kPools) {
      if (pass.of(pool.resource).used != pool.used) return 3;
      if (pass.of(pool.resource).limit != Limit{pool.limit}) return 4;
    }
    return failed && pass.of(ResourceId::kBridgePorts).used == 1U ? 0 : 5;
  });
  CHECK(kept == 0);
}
