// softnet_stat, net/dev, ns/net, links by rtnetlink, ports of bridges.
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "fake_proc.hpp"
#include "live_support.hpp"
#include "procfs/bridge_ports.hpp"
#include "procfs/file_reader.hpp"
#include "procfs/net_dev.hpp"
#include "procfs/net_links.hpp"
#include "procfs/net_ns.hpp"
#include "procfs/softnet_stat.hpp"

using namespace kcommons;
using namespace kcommons::procfs;
using kcommons::test::must;

// --- softnet_stat -----------------------------------------------------------------------------

TEST_CASE("softnet_stat of a real machine has a line for each CPU", "[procfs]") {
  const SoftnetStat stat = must(parse_softnet_stat(test::fixture("softnet_stat-6.18")));
  REQUIRE(stat.cpus.size() == 2);
  CHECK(stat.numbered);
  CHECK(stat.cpus[0].cpu == 0);
  CHECK(stat.cpus[0].processed == 0x003e90db);
  CHECK(stat.cpus[0].dropped == 0);
  CHECK(stat.cpus[0].backlog == 0);
  CHECK(stat.cpus[1].cpu == 1);
  CHECK(stat.cpus[1].time_squeeze == 2);
}

TEST_CASE("softnet_stat columns are told by their place in any width", "[procfs]") {
  struct Row {
    const char* text;
    std::uint32_t cpu;
    std::optional<std::uint32_t> backlog;
    bool numbered;
  };
  const Row row = GENERATE(values<Row>({
      {"a b c 0 0 0 0 0 0\n", 0, std::nullopt, false},
      {"a b c 0 0 0 0 0 0 1\n", 0, std::nullopt, false},
      {"a b c 0 0 0 0 0 0 1 2\n", 0, std::nullopt, false},
      {"a b c 0 0 0 0 0 0 1 2 3e8\n", 0, 1000, false},
      {"a b c 0 0 0 0 0 0 1 2 3e8 1f\n", 31, 1000, true},
      {"a b c 0 0 0 0 0 0 1 2 3e8 1f 3 3e5\n", 31, 1000, true},
      {"a b c 0 0 0 0 0 0 1 2 3e8 1f 3 3e5 7 7\n", 31, 1000, true},
      // As wide as the kernel writes it.
      {"0000000a 0000000b 0000000c 00000000 00000000 00000000 00000000 00000000 00000000\n", 0,
       std::nullopt, false},
  }));
  CAPTURE(row.text);
  const SoftnetStat stat = must(parse_softnet_stat(row.text));
  REQUIRE(stat.cpus.size() == 1);
  CHECK(stat.numbered == row.numbered);
  CHECK(stat.cpus[0].cpu == row.cpu);
  CHECK(stat.cpus[0].backlog == row.backlog);
  CHECK(stat.cpus[0].processed == 10);
  CHECK(stat.cpus[0].dropped == 11);
  CHECK(stat.cpus[0].time_squeeze == 12);
}

TEST_CASE("softnet_stat leaves out CPUs that are offline", "[procfs]") {
  const SoftnetStat numbered =
      must(parse_softnet_stat("1 1 0 0 0 0 0 0 0 0 0 0 0\n"
                              "1 ffffffff 0 0 0 0 0 0 0 0 0 0 3\n"));
  REQUIRE(numbered.cpus.size() == 2);
  CHECK(numbered.cpus[1].cpu == 3);
  CHECK(numbered.cpus[1].dropped == 0xffffffff);
  const SoftnetStat by_line = must(parse_softnet_stat("1 1 0 0 0 0 0 0 0\n1 2 0 0 0 0 0 0 0\n"));
  CHECK_FALSE(by_line.numbered);
  CHECK(by_line.cpus[1].cpu == 1);
}

TEST_CASE("softnet_stat text that is not whole or not sound is malformed", "[procfs]") {
  const std::string text =
      GENERATE(as<std::string>{}, "", "\n", "garbage\n", "1 2 3 4 5 6 7 8\n", "1 2 3 4 5 6 7 8 x\n",
               "-1 2 3 4 5 6 7 8 9\n", "0x1 2 3 4 5 6 7 8 9\n", "100000000 2 3 4 5 6 7 8 9\n",
               "1 2 3 4 5 6 7 8 9 a b c d\n1 2 3 4 5 6 7 8 9\n", "1 2 3 4 5 6 7 8 9\n\n",
               "1 2 3 4 5 6 7 8 9");
  CAPTURE(text);
  CHECK_FALSE(parse_softnet_stat(text));
  CHECK_FALSE(parse_softnet_stat(std::string(1 << 20, '0')));
  CHECK_FALSE(parse_softnet_stat(std::string(1 << 20, '\n')));
}

TEST_CASE("no cut of softnet_stat gives a CPU another number", "[procfs]") {
  const std::string whole = test::fixture("softnet_stat-6.18");
  const SoftnetStat expected = must(parse_softnet_stat(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    const auto cut = parse_softnet_stat(std::string_view(whole).substr(0, length));
    if (!cut) continue;
    CHECK(cut->numbered);
    REQUIRE(cut->cpus.size() == 1);
    CHECK(cut->cpus[0].cpu == expected.cpus[0].cpu);
    CHECK(cut->cpus[0].processed == expected.cpus[0].processed);
    CHECK(cut->cpus[0].dropped == expected.cpus[0].dropped);
    CHECK(cut->cpus[0].backlog == expected.cpus[0].backlog);
  }
}

TEST_CASE("the error of softnet_stat quotes the line that makes no sense", "[procfs]") {
  const auto stat = parse_softnet_stat("1 2 3 4 5 6 7 8 9\n1 2 3 x 5 6 7 8 9\n");
  REQUIRE_FALSE(stat);
  CHECK(stat.error().kind() == ErrorKind::kMalformed);
  CHECK(stat.error().message() == "parse softnet_stat: unexpected \"1 2 3 x 5 6 7 8 9\"");
}

TEST_CASE("the running kernel's softnet_stat parses", "[procfs]") {
  const auto proc = test::real_proc();
  std::string buffer;
  const auto file = must(KernelFile::open(proc.fd(), "net/softnet_stat"));
  CHECK_FALSE(must(parse_softnet_stat(must(file.read(buffer)))).cpus.empty());
}

// --- net/dev ----------------------------------------------------------------------------------

namespace {

const std::string kHeading =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop "
    "fifo colls carrier compressed\n";
const std::string kCounters = " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";

}  // namespace

TEST_CASE("net/dev of a real machine tells what each device has received", "[procfs]") {
  const std::string text = test::fixture("net_dev-6.18");
  const auto devices = must(parse_net_dev(text));
  REQUIRE(devices.size() == 4);
  CHECK(devices[0].name == "lo");
  CHECK(devices[3].name == "eth0");
  CHECK(devices[3].packets == 60264);
  CHECK(devices[3].errors == 0);
  CHECK(devices[3].dropped == 0);
}

TEST_CASE("net/dev takes every name that the kernel does", "[procfs]") {
  const std::string name = GENERATE(as<std::string>{}, "eth0", "a", "eth0.100", "veth0123456789a",
                                    "|", "\xff\x01", "{}", "eth0\\", "-", "...", "face", "1");
  CAPTURE(name);
  const std::string text = kHeading + "  " + name + ":" + kCounters;
  const auto devices = must(parse_net_dev(text));
  REQUIRE(devices.size() == 1);
  CHECK(devices[0].name == name);
  CHECK(devices[0].packets == 2);
  CHECK(devices[0].errors == 3);
  CHECK(devices[0].dropped == 4);
}

TEST_CASE("net/dev may have no space behind the colon and no devices at all", "[procfs]") {
  CHECK(must(parse_net_dev(kHeading)).empty());
  const std::string narrow = kHeading + "  eth0:12345678 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
  CHECK(must(parse_net_dev(narrow))[0].dropped == 4);
  const std::string most =
      kHeading + "x: 1 2 3 18446744073709551615 5 6 7 8 9 10 11 12 13 14 15 16\n";
  CHECK(must(parse_net_dev(most))[0].dropped == 18446744073709551615U);
}

TEST_CASE("net/dev text that is not whole or not sound is malformed", "[procfs]") {
  const std::string line = GENERATE(
      as<std::string>{}, "eth0 1 2 3 4\n", ":" + kCounters, " :" + kCounters, "a b:" + kCounters,
      "a/b:" + kCounters, "..:" + kCounters, "0123456789abcdef:" + kCounters, "a:b:" + kCounters,
      "a: 1 2 3\n", "a: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n",
      "a: 1 2 3 -4 5 6 7 8 9 10 11 12 13 14 15 16\n",
      "a: 1 2 3 18446744073709551616 5 6 7 8 9 10 11 12 13 14 15 16\n", "\n");
  CAPTURE(line);
  CHECK_FALSE(parse_net_dev(kHeading + line));
}

TEST_CASE("net/dev without its heading is malformed", "[procfs]") {
  CHECK_FALSE(parse_net_dev(""));
  CHECK_FALSE(parse_net_dev("eth0:" + kCounters));
  CHECK_FALSE(parse_net_dev(kHeading.substr(0, kHeading.find('\n') + 1)));
  CHECK_FALSE(parse_net_dev("Inter-|\n face |bytes    drop packets errs \n"));
  CHECK_FALSE(parse_net_dev(std::string(1 << 20, ':')));
}

TEST_CASE("no cut of net/dev gives a device other numbers", "[procfs]") {
  const std::string whole = test::fixture("net_dev-6.18");
  const auto expected = must(parse_net_dev(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    const auto cut = parse_net_dev(std::string_view(whole).substr(0, length));
    if (!cut) continue;
    CHECK(whole[length - 1] == '\n');
    REQUIRE(cut->size() <= expected.size());
    for (std::size_t i = 0; i < cut->size(); ++i) {
      CHECK((*cut)[i].name == expected[i].name);
      CHECK((*cut)[i].packets == expected[i].packets);
      CHECK((*cut)[i].errors == expected[i].errors);
      CHECK((*cut)[i].dropped == expected[i].dropped);
    }
  }
}

TEST_CASE("an error about net/dev names the process and quotes the line", "[procfs]") {
  test::FakeProc proc;
  proc.process(42);
  proc.file("42/net/dev", kHeading + "eth0:" + kCounters + "eth1: 1 2 3\n");
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  const ProcessDir process = must(ProcessDir::open(root, Pid(42)));
  std::string buffer;
  auto devices = read_net_dev(process, buffer);
  REQUIRE_FALSE(devices);
  CHECK(devices.error().kind() == ErrorKind::kMalformed);
  CHECK(devices.error().message() ==
        proc.path() + "/42: parse net/dev: unexpected \"eth1: 1 2 3\"");
  proc.remove("42/net");
  devices = read_net_dev(process, buffer);
  REQUIRE_FALSE(devices);
  CHECK(devices.error().kind() == ErrorKind::kGone);
}

// --- ns/net -----------------------------------------------------------------------------------

TEST_CASE("the link of a network namespace is its inode", "[procfs]") {
  CHECK(must(parse_net_ns_link("net:[4026531840]")) == NetNsInode(4026531840));
  for (const char* text : {"", "net:", "net:[]", "net:[0]", "net:[-1]", "net:[1", "net:1]",
                           "user:[4026531837]", "net:[18446744073709551616]"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_net_ns_link(text));
  }
}

TEST_CASE("a link that is no network namespace is an error that quotes it", "[procfs]") {
  test::FakeProc proc;
  proc.process(42);
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  const ProcessDir process = must(ProcessDir::open(root, Pid(42)));
  const auto missing = read_net_ns(process);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind() == ErrorKind::kGone);
  proc.link("42/ns/net", "net:[4026531840]");
  CHECK(must(read_net_ns(process)) == NetNsInode(4026531840));
  const std::string text = GENERATE(as<std::string>{}, "user:[4026531837]", "net:[4026531840",
                                    "net:[x]", "net:[4026531840] ", "/proc/42/net");
  CAPTURE(text);
  proc.remove("42/ns/net").link("42/ns/net", text);
  const auto inode = read_net_ns(process);
  REQUIRE_FALSE(inode);
  CHECK(inode.error().kind() == ErrorKind::kMalformed);
  CHECK(inode.error().message() ==
        proc.path() + "/42: parse link ns/net: unexpected \"" + text + "\"");
}

TEST_CASE("own network is known from that of a child in another", "[procfs]") {
  const auto root = test::real_proc();
  const OwnNetwork own = must(read_own_network(root));
  CHECK(must(read_net_ns(test::own_process())) == own.inode);
  CHECK(must(is_in_network(test::own_process(), own)));
  if (test::lacks_root()) return;
  test::Child child([] { return ::unshare(CLONE_NEWNET) == 0; });
  REQUIRE(child.is_ready());
  const auto process = test::real_process(child.pid());
  CHECK(must(read_net_ns(process)) != own.inode);
  CHECK_FALSE(must(is_in_network(process, own)));
  std::string buffer;
  const auto devices = must(read_net_dev(process, buffer));
  REQUIRE_FALSE(devices.empty());
  CHECK(devices[0].name == "lo");
}

// --- rtnetlink --------------------------------------------------------------------------------

namespace {

// A message as the kernel makes it.
class Message {
 public:
  template <typename T>
  explicit Message(const T& header) {
    append(&header, sizeof header);
  }
  Message& attribute(unsigned short type, const void* value, std::size_t size) {
    const rtattr header{.rta_len = static_cast<unsigned short>(sizeof(rtattr) + size),
                        .rta_type = type};
    append(&header, sizeof header);
    append(value, size);
    return *this;
  }
  Message& number(unsigned short type, std::int32_t value) {
    return attribute(type, &value, sizeof value);
  }
  Message& name(const std::string& text) {
    return attribute(IFLA_IFNAME, text.c_str(), text.size() + 1);
  }
  Message& dropped(std::uint64_t dropped, std::uint64_t missed) {
    rtnl_link_stats64 stats{};
    stats.rx_dropped = dropped;
    stats.rx_missed_errors = missed;
    return attribute(IFLA_STATS64, &stats, sizeof stats);
  }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  void append(const void* data, std::size_t size) {
    const std::size_t at = bytes_.size();
    bytes_.resize((at + size + 3) / 4 * 4);
    std::memcpy(bytes_.data() + at, data, size);
  }
  std::vector<std::byte> bytes_;
};

Message link_message(int index) {
  ifinfomsg header{};
  header.ifi_index = index;
  return Message(header);
}

}  // namespace

TEST_CASE("a link has its name and drops and where its peer is", "[procfs]") {
  const NetLink link = must(parse_link(link_message(7)
                                           .name("veth1")
                                           .number(IFLA_MTU, 1500)
                                           .dropped(20, 3)
                                           .number(IFLA_LINK_NETNSID, 2)
                                           .bytes()));
  CHECK(link.index == 7);
  CHECK(link.name == "veth1");
  CHECK(link.dropped == 23);
  CHECK(link.peer == NetNsId(2));
  const NetLink alone = must(parse_link(link_message(1).dropped(0, 0).name("lo").bytes()));
  CHECK_FALSE(alone.peer);
  const NetLink unknown = must(
      parse_link(link_message(1).dropped(0, 0).name("x").number(IFLA_LINK_NETNSID, -1).bytes()));
  CHECK_FALSE(unknown.peer);
}

TEST_CASE("statistics of a link may be longer and shorter than here", "[procfs]") {
  // 23 numbers at first, rx_nohandler since 4.6, rx_otherhost_dropped since 5.19.
  for (const std::size_t numbers : {16U, 23U, 24U, 25U, 40U}) {
    CAPTURE(numbers);
    std::vector<std::uint64_t> stats(numbers);
    stats[6] = 5;    // rx_dropped
    stats[15] = 70;  // rx_missed_errors
    const auto link = link_message(7).name("eth0").attribute(IFLA_STATS64, stats.data(),
                                                             stats.size() * sizeof stats[0]);
    CHECK(must(parse_link(link.bytes())).dropped == 75);
  }
  const std::vector<std::uint64_t> cut(15);
  CHECK_FALSE(parse_link(link_message(7)
                             .name("eth0")
                             .attribute(IFLA_STATS64, cut.data(), cut.size() * sizeof cut[0])
                             .bytes()));
}

TEST_CASE("a link that is not whole is malformed", "[procfs]") {
  CHECK_FALSE(parse_link({}));
  CHECK_FALSE(parse_link(link_message(7).bytes()));
  CHECK_FALSE(parse_link(link_message(7).name("a").bytes()));
  CHECK_FALSE(parse_link(link_message(7).dropped(1, 1).bytes()));
  CHECK_FALSE(parse_link(link_message(0).name("a").dropped(1, 1).bytes()));
  CHECK_FALSE(parse_link(link_message(7).name("a").number(IFLA_STATS64, 1).bytes()));
  const std::int16_t half = 2;
  CHECK_FALSE(parse_link(link_message(7)
                             .name("a")
                             .dropped(1, 1)
                             .attribute(IFLA_LINK_NETNSID, &half, sizeof half)
                             .bytes()));
  const Message good = link_message(7).name("eth0").dropped(1, 1);
  for (std::size_t size = 0; size < good.bytes().size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse_link(good.bytes().first(size)));
  }
  const std::vector<std::byte> garbage(4096, std::byte{0xff});
  CHECK_FALSE(parse_link(garbage));
}

TEST_CASE("the number of a namespace may be none", "[procfs]") {
  CHECK(must(parse_nsid(Message(rtgenmsg{}).number(NETNSA_NSID, 5).bytes())) == NetNsId(5));
  CHECK_FALSE(must(parse_nsid(Message(rtgenmsg{}).number(NETNSA_NSID, -1).bytes())));
  CHECK_FALSE(must(parse_nsid(Message(rtgenmsg{}).bytes())));
  CHECK_FALSE(parse_nsid({}));
  CHECK_FALSE(
      parse_nsid(Message(rtgenmsg{}).number(NETNSA_NSID, 5).bytes().first(sizeof(rtattr) + 4)));
  const std::int16_t half = 2;
  CHECK_FALSE(parse_nsid(Message(rtgenmsg{}).attribute(NETNSA_NSID, &half, sizeof half).bytes()));
}

TEST_CASE("a list that ends with an error is not whole", "[procfs]") {
  const auto end = [](std::int32_t code) {
    return parse_end_of_list(std::as_bytes(std::span(&code, 1)));
  };
  must(end(0));
  const auto failed = end(-ENOMEM);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind() == ErrorKind::kExhausted);
  const auto odd = end(std::numeric_limits<std::int32_t>::min());
  REQUIRE_FALSE(odd);
  CHECK(odd.error().code().value() == EBADMSG);
  const auto cut = parse_end_of_list({});
  REQUIRE_FALSE(cut);
  CHECK(cut.error().kind() == ErrorKind::kMalformed);
}

TEST_CASE("links of the running kernel are those of net/dev", "[procfs]") {
  auto opened = NetLinks::open();
  if (!opened) {
    test::skipped(opened.error().message());
    return;
  }
  for (int round = 0; round < 3; ++round) {
    const auto links = must(opened->list());
    REQUIRE_FALSE(links.empty());
    CHECK(links[0].name == "lo");
    CHECK(links[0].index == 1);
  }
  // A namespace that no device has to do with has no number.
  if (test::lacks_root()) return;
  test::Child child([] { return ::unshare(CLONE_NEWNET) == 0; });
  REQUIRE(child.is_ready());
  CHECK_FALSE(must(opened->number_of(child.pid())));
  const auto gone = opened->number_of(Pid(0x7ffffff0));
  REQUIRE_FALSE(gone);
  CHECK(gone.error().kind() == ErrorKind::kGone);
  CHECK_FALSE(must(opened->list()).empty());
}

// --- ports of bridges -------------------------------------------------------------------------

TEST_CASE("the fullest bridge is counted", "[procfs]") {
  test::FakeProc sys;
  const std::string net = sys.path() + "/net";
  CHECK_FALSE(must(count_bridge_ports(net)));  // no sysfs
  sys.file("net/bonding_masters", "bond0\n").file("net/eth0/ifindex", "2\n");
  CHECK_FALSE(must(count_bridge_ports(net)));
  sys.file("net/br0/brif/x", "").remove("net/br0/brif/x");
  CHECK(must(count_bridge_ports(net)) == 0U);
  sys.file("net/br0/brif/veth1", "").file("net/docker0/brif/veth2", "");
  sys.file("net/docker0/brif/veth3", "").file("net/docker0/brif/...", "");
  CHECK(must(count_bridge_ports(net)) == 3U);
}

TEST_CASE("ports are counted through links as sysfs has them", "[procfs]") {
  test::FakeProc sys;
  sys.file("devices/br0/ifindex", "3\n").file("devices/eth0/ifindex", "2\n");
  sys.link("class/net/br0", "../../devices/br0").link("class/net/eth0", "../../devices/eth0");
  sys.link("class/net/gone", "../../devices/gone");
  CHECK_FALSE(must(count_bridge_ports(sys.path() + "/class/net")));
  for (int port = 0; port < 1024; ++port) {
    const std::string name = "veth" + std::to_string(port);
    sys.link("devices/br0/brif/" + name, "../../" + name + "/brport");
  }
  // One more than the kernel has numbers for, and the count says so.
  CHECK(must(count_bridge_ports(sys.path() + "/class/net")) == kMaxBridgePorts + 1);
}

TEST_CASE("bridges that cannot be looked at are an error that names what", "[procfs]") {
  test::FakeProc sys;
  sys.file("net", "");
  const std::string net = sys.path() + "/net";
  const auto no_directory = count_bridge_ports(net);
  REQUIRE_FALSE(no_directory);
  CHECK(no_directory.error().message() == "open " + net + ": Not a directory");

  if (test::lacks_root()) return;
  sys.remove("net").file("net/br0/brif/veth1", "").file("net/br1/brif/veth2", "");
  sys.deny("net/br1/brif");
  REQUIRE(::chmod(sys.path().c_str(), 0755) == 0);
  const int denied = test::run_as_nobody(0, [&net] {
    const auto ports = count_bridge_ports(net);
    const bool named =
        !ports && ports.error().message() == net + ": open br1/brif: Permission denied";
    return named ? 1 : 0;
  });
  CHECK(denied == 1);
}
