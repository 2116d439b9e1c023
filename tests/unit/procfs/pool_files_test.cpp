// sockstat, statistics of neighbours, key-users, cgroups, loop devices.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <string>

#include "base/text.hpp"
#include "fake_proc.hpp"
#include "live_support.hpp"
#include "procfs/cgroups.hpp"
#include "procfs/file_reader.hpp"
#include "procfs/key_users.hpp"
#include "procfs/loop_devices.hpp"
#include "procfs/neighbour_stat.hpp"
#include "procfs/sockstat.hpp"

using namespace kcommons;
using namespace kcommons::procfs;
using kcommons::test::must;

namespace {

// Whatever the text is cut to, the parser gives the number of the whole one or an error.
template <typename Parse>
void check_cuts(const std::string& whole, Parse parse) {
  const auto expected = must(parse(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    const auto cut = parse(std::string_view(whole).substr(0, length));
    if (cut) {
      CHECK(*cut == expected);
    } else {
      CHECK(cut.error().kind() == ErrorKind::kMalformed);
    }
  }
}

}  // namespace

// --- sockstat ---------------------------------------------------------------------------------

TEST_CASE("sockstat of a real machine gives memory and orphans", "[procfs]") {
  const std::string text = test::fixture("sockstat-6.18");
  CHECK(must(parse_sockstat(text, "TCP", "mem")) == 383);
  CHECK(must(parse_sockstat(text, "TCP", "orphan")) == 0);
  CHECK(must(parse_sockstat(text, "TCP", "tw")) == 2);
  CHECK(must(parse_sockstat(text, "UDP", "mem")) == 0);
}

TEST_CASE("sockstat numbers are told by protocol and key in any order", "[procfs]") {
  const std::string text =
      "UDPLITE: inuse 1 mem 2\nTCP6: mem 3 orphan 4\nNEW: mem 5\n"
      "TCP: other 6 mem 7 orphan 8 new 9\nUDP: mem 18446744073709551615 inuse 10\nTCP: mem 11\n";
  CHECK(must(parse_sockstat(text, "TCP", "mem")) == 7);
  CHECK(must(parse_sockstat(text, "TCP", "orphan")) == 8);
  CHECK(must(parse_sockstat(text, "UDP", "mem")) == 18446744073709551615U);
  CHECK(must(parse_sockstat(text, "UDPLITE", "mem")) == 2);
  // Neither the number of another key nor a key that only begins like it.
  CHECK_FALSE(parse_sockstat(text, "NEW", "orphan"));
  CHECK_FALSE(parse_sockstat("TCP: memory 1 alloc mem\n", "TCP", "mem"));
}

TEST_CASE("a kernel whose sockstat lacks what is asked for has no number", "[procfs]") {
  // As kernels before 2.6.25 had it, which gave no memory of UDP.
  const std::string old =
      "sockets: used 12\nTCP: inuse 1 orphan 3 tw 4 alloc 1 mem 5\nUDP: inuse 6\n";
  CHECK(must(parse_sockstat(old, "TCP", "orphan")) == 3);
  const auto memory = parse_sockstat(old, "UDP", "mem");
  REQUIRE_FALSE(memory);
  CHECK(memory.error().message() == "parse sockstat: mem of UDP: unexpected \"UDP: inuse 6\"");
  CHECK_FALSE(parse_sockstat(old, "SCTP", "mem"));
}

TEST_CASE("sockstat text that is not whole or not sound is malformed and quoted", "[procfs]") {
  const std::string line =
      GENERATE(as<std::string>{}, "TCP: inuse 1 orphan 0 mem -1", "TCP: inuse 1 mem many",
               "TCP: inuse 1 mem 18446744073709551616", "TCP: inuse 1 mem", "TCP: inuse 1 mem 0x1",
               "TCP: inuse 1", "TCP:", "TCP", "TCP: mem ", "TCP: mem 1.5", "TCP: mem +1");
  CAPTURE(line);
  const auto number = parse_sockstat("sockets: used 12\n" + line + "\n", "TCP", "mem");
  REQUIRE_FALSE(number);
  CHECK(number.error().kind() == ErrorKind::kMalformed);
  CHECK(number.error().message() == "parse sockstat: mem of TCP: unexpected \"" + line + "\"");
}

TEST_CASE("sockstat text of something else is malformed", "[procfs]") {
  for (const char* text : {"", "\n", "garbage", "garbage\n", "TCP inuse 1 mem 5\n", "mem 5\n",
                           " TCP: inuse 1 mem 5\n", "tcp: inuse 1 mem 5\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_sockstat(text, "TCP", "mem"));
  }
  for (const char filler : {'\n', ' ', ':', '9', '\0'}) {
    CHECK_FALSE(parse_sockstat(std::string(1 << 20, filler), "TCP", "mem"));
  }
}

TEST_CASE("no cut of sockstat gives another number", "[procfs]") {
  const std::string whole = test::fixture("sockstat-6.18");
  check_cuts(whole, [](std::string_view text) { return parse_sockstat(text, "TCP", "mem"); });
  check_cuts(whole, [](std::string_view text) { return parse_sockstat(text, "TCP", "orphan"); });
}

TEST_CASE("the running kernel's sockstat parses", "[procfs]") {
  const auto proc = test::real_proc();
  std::string buffer;
  const auto file = must(KernelFile::open(proc.fd(), "net/sockstat"));
  const auto text = must(file.read(buffer));
  must(parse_sockstat(text, "TCP", "mem"));
  must(parse_sockstat(text, "TCP", "orphan"));
  must(parse_sockstat(text, "UDP", "mem"));
}

// --- statistics of neighbours -----------------------------------------------------------------

TEST_CASE("statistics of neighbours of a real machine give the entries of the table", "[procfs]") {
  CHECK(must(parse_neighbour_entries(test::fixture("arp_cache-6.18"))) == 2);
}

TEST_CASE("entries of neighbours are hexadecimal whatever columns follow", "[procfs]") {
  struct Row {
    const char* text;
    std::uint64_t entries;
  };
  const Row row = GENERATE(values<Row>({
      // As kernels before 4.3 had it, without table_fulls, and with other gaps.
      {"entries  allocs destroys hash_grows  lookups hits  res_failed  rcv_probes_mcast "
       "rcv_probes_ucast  periodic_gc_runs forced_gc_runs unresolved_discards\n"
       "000003e8  00000000 00000000 00000000  00000000 00000000  00000000  00000000 00000000  "
       "00000000 00000000 00000000\n",
       1000},
      {"entries  allocs   new\n0000001f 00000000 00000000\n", 31},
      {"entries\n00000000\n", 0},
      {"entries\nffffffff\n00000001\n", 0xffffffff},
      {"entries\nffffffffffffffff\n", 0xffffffffffffffff},
  }));
  CAPTURE(row.text);
  CHECK(must(parse_neighbour_entries(row.text)) == row.entries);
}

TEST_CASE("statistics of neighbours with an unsound number are malformed and quoted", "[procfs]") {
  const std::string line =
      GENERATE(as<std::string>{}, "", "0000000", "-0000001 0", "0x000002 0", "0000000g 0",
               "10000000000000000 0", "entries  allocs", "00000002:");
  CAPTURE(line);
  const auto entries = parse_neighbour_entries("entries  allocs\n" + line + "\n");
  REQUIRE_FALSE(entries);
  CHECK(entries.error().kind() == ErrorKind::kMalformed);
  CHECK(entries.error().message() == "parse statistics of neighbours: unexpected \"" + line + "\"");
}

TEST_CASE("statistics of neighbours without their heading are malformed", "[procfs]") {
  for (const char* text :
       {"", "\n", "garbage\n", "00000002 00000000\n", "allocs entries\n00000002\n",
        "entriesallocs\n00000002\n", "\n00000002\n"}) {
    CAPTURE(text);
    const auto entries = parse_neighbour_entries(text);
    REQUIRE_FALSE(entries);
    CHECK(entries.error().message().starts_with("parse heading of statistics of neighbours: "));
  }
  CHECK_FALSE(parse_neighbour_entries("entries"));
  CHECK_FALSE(parse_neighbour_entries("entries\n"));
  CHECK_FALSE(parse_neighbour_entries(std::string(1 << 20, '0')));
}

TEST_CASE("no cut of the statistics of neighbours gives another number", "[procfs]") {
  check_cuts(test::fixture("arp_cache-6.18"), parse_neighbour_entries);
}

TEST_CASE("the running kernel's statistics of neighbours parse", "[procfs]") {
  const auto proc = test::real_proc();
  std::string buffer;
  for (const char* path : {"net/stat/arp_cache", "net/stat/ndisc_cache"}) {
    const auto text = read_file(proc.fd(), path, buffer);
    if (text) {
      must(parse_neighbour_entries(*text));
    } else {
      // Other network namespaces than the initial one, and kernels without IPv6, have none.
      CHECK(text.error().kind() == ErrorKind::kGone);
      test::skipped(text.error().message());
    }
  }
}

// --- key-users --------------------------------------------------------------------------------

TEST_CASE("key-users of a real machine give what each user has and may have", "[procfs]") {
  const auto users = must(parse_key_users(test::fixture("key-users-6.18")));
  REQUIRE(users.size() == 2);
  CHECK(users[0].uid == Uid(0));
  CHECK(users[0].keys == 3);
  CHECK(users[0].max_keys == 1000000);
  CHECK(users[0].bytes == 40);
  CHECK(users[0].max_bytes == 25000000);
  CHECK(users[1].uid == Uid(65534));
  CHECK(users[1].keys == 2);
  CHECK(users[1].max_keys == 200);
  CHECK(users[1].bytes == 28);
  CHECK(users[1].max_bytes == 20000);
}

TEST_CASE("key-users take any width and columns that a kernel may add", "[procfs]") {
  const auto users =
      must(parse_key_users("4294967294:1 1/1 201/200 20001/20000\n"
                           "   12:     9 8/8 18446744073709551615/1 2/3 4/5 new\n"));
  REQUIRE(users.size() == 2);
  CHECK(users[0].uid == Uid(4294967294));
  // The kernel lets some pass the quota, and the numbers say so.
  CHECK(users[0].keys == 201);
  CHECK(users[0].bytes == 20001);
  CHECK(users[1].uid == Uid(12));
  CHECK(users[1].keys == 18446744073709551615U);
  CHECK(users[1].max_bytes == 3);
}

TEST_CASE("key-users without lines are no users that the reader has a number for", "[procfs]") {
  CHECK(must(parse_key_users("")).empty());
}

TEST_CASE("key-users text with an unsound line is malformed and the line is quoted", "[procfs]") {
  const std::string line =
      GENERATE(as<std::string>{}, "garbage", ":", "0", "    0:", "    0: 9",
               "    0: 9 8/8 3/1000000", "    0: 9 8/8 3/1000000 40", "    0: 9 8/8 3/1000000 40/",
               "    0: 9 8/8 /1000000 40/25000000", "    0: 9 8/8 -3/1000000 40/25000000",
               "    0: 9 8/8 3/1000000 40/many",
               "    0: 9 8/8 18446744073709551616/1000000 40/25000000", "    0: nine 8/8 3/1 40/2",
               "    0: 9 8 3/1000000 40/25000000", "   -1: 9 8/8 3/1000000 40/25000000",
               "4294967296: 9 8/8 3/1000000 40/25000000", "    0: 9 8/8 3/4/5 40/25000000", "");
  CAPTURE(line);
  const auto users = parse_key_users("    7:     1 1/1 1/200 9/20000\n" + line + "\n");
  REQUIRE_FALSE(users);
  CHECK(users.error().kind() == ErrorKind::kMalformed);
  CHECK(users.error().message() == "parse key-users: unexpected \"" + line + "\"");
}

TEST_CASE("no cut of key-users gives another number", "[procfs]") {
  const std::string whole = test::fixture("key-users-6.18");
  const std::size_t first = whole.find('\n') + 1;
  for (std::size_t length = 1; length < whole.size(); ++length) {
    CAPTURE(length);
    const auto users = parse_key_users(std::string_view(whole).substr(0, length));
    CHECK(users.has_value() == (length == first));
    if (!users) CHECK(users.error().kind() == ErrorKind::kMalformed);
  }
  CHECK_FALSE(parse_key_users(std::string(1 << 20, '0')));
  CHECK_FALSE(parse_key_users(std::string(1 << 20, '\n')));
}

TEST_CASE("the running kernel's key-users parse", "[procfs]") {
  const auto proc = test::real_proc();
  std::string buffer;
  const auto text = read_file(proc.fd(), "key-users", buffer);
  if (!text) {
    CHECK(text.error().kind() == ErrorKind::kGone);
    test::skipped(text.error().message());
    return;
  }
  must(parse_key_users(*text));
}

// --- cgroups ----------------------------------------------------------------------------------

TEST_CASE("cgroups of a real machine give the number of memory cgroups", "[procfs]") {
  CHECK(must(parse_memory_cgroups(test::fixture("cgroups-6.18"))) == 50U);
}

TEST_CASE("memory cgroups are counted in any hierarchy and with columns that are new", "[procfs]") {
  const std::string heading = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n";
  // Cgroup v2 has the hierarchy 0.
  CHECK(must(parse_memory_cgroups(heading + "cpuset\t0\t75\t1\nmemory\t0\t75\t1\n")) == 75U);
  CHECK(must(parse_memory_cgroups(heading + "memory\t4\t65535\t1\tnew\n")) == 65535U);
  CHECK(must(parse_memory_cgroups(heading + "memory\t4\t0\t1\n")) == 0U);
  CHECK(must(parse_memory_cgroups(heading + "memory_new\t4\t5\t1\nmemory\t4\t6\t1\n")) == 6U);
}

TEST_CASE("a kernel without the memory controller has no number of its cgroups", "[procfs]") {
  const std::string heading = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n";
  CHECK_FALSE(must(parse_memory_cgroups(heading)));
  CHECK_FALSE(must(parse_memory_cgroups(heading + "cpuset\t3\t1\t1\n")));
  // cgroup_disable=memory
  CHECK_FALSE(must(parse_memory_cgroups(heading + "memory\t0\t1\t0\n")));
}

TEST_CASE("cgroups text with an unsound line is malformed and the line is quoted", "[procfs]") {
  const std::string line =
      GENERATE(as<std::string>{}, "memory", "memory\t4", "memory\t4\t", "memory\t4\t56",
               "memory\t4\t-1\t1", "memory\t4\tmany\t1", "memory\t4\t18446744073709551616\t1",
               "memory\tx\t56\t1", "memory\t4\t56\tyes", "memory\t4\t0x10\t1");
  CAPTURE(line);
  const auto cgroups = parse_memory_cgroups(
      "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t3\t1\t1\n" + line + "\n");
  REQUIRE_FALSE(cgroups);
  CHECK(cgroups.error().kind() == ErrorKind::kMalformed);
  CHECK(cgroups.error().message() == "parse cgroups: unexpected \"" + text::printable(line) + "\"");
}

TEST_CASE("cgroups text without its heading is malformed", "[procfs]") {
  for (const char* text : {"", "\n", "garbage", "memory\t4\t56\t1\n", "\n#subsys_name\n"}) {
    CAPTURE(text);
    const auto cgroups = parse_memory_cgroups(text);
    REQUIRE_FALSE(cgroups);
    CHECK(cgroups.error().message().starts_with("parse heading of cgroups: "));
  }
  CHECK_FALSE(parse_memory_cgroups(std::string(1 << 20, '\n')));
}

TEST_CASE("no cut of cgroups gives another number", "[procfs]") {
  const std::string whole = test::fixture("cgroups-6.18");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    const auto cgroups = parse_memory_cgroups(std::string_view(whole).substr(0, length));
    if (cgroups && *cgroups) CHECK(*cgroups == 50U);
  }
}

TEST_CASE("the running kernel's cgroups parse", "[procfs]") {
  const auto proc = test::real_proc();
  std::string buffer;
  const auto text = read_file(proc.fd(), "cgroups", buffer);
  if (!text) {
    CHECK(text.error().kind() == ErrorKind::kGone);
    test::skipped(text.error().message());
    return;
  }
  must(parse_memory_cgroups(*text));
}

// --- loop devices -----------------------------------------------------------------------------

TEST_CASE("loop devices are counted and those with a backing file are bound", "[procfs]") {
  test::FakeProc sys;
  const std::string block = sys.path() + "/block";
  CHECK_FALSE(must(count_loop_devices(block)));  // no sysfs
  sys.file("block/vda/size", "1\n").file("block/vda/loop/backing_file", "/not/a/loop\n");
  sys.file("block/zloop0/size", "1\n");
  const LoopDevices none = must(count_loop_devices(block)).value();
  CHECK(none.present == 0);
  CHECK(none.bound == 0);
  sys.file("block/loop0/size", "0\n").file("block/loop1/loop/backing_file", "/a (deleted)\n");
  // Links to the devices, as sysfs has them.
  sys.file("devices/virtual/block/loop4711/loop/backing_file", "\n");
  sys.file("devices/virtual/block/loop2/size", "0\n");
  sys.link("block/loop4711", "../devices/virtual/block/loop4711");
  sys.link("block/loop2", "../devices/virtual/block/loop2");
  const LoopDevices some = must(count_loop_devices(block)).value();
  CHECK(some.present == 4);
  CHECK(some.bound == 2);
}

TEST_CASE("block devices that are no directory are an error that names it", "[procfs]") {
  test::FakeProc sys;
  sys.file("block", "");
  const auto devices = count_loop_devices(sys.path() + "/block");
  REQUIRE_FALSE(devices);
  CHECK(devices.error().kind() == ErrorKind::kOther);
  CHECK(devices.error().message() == "open " + sys.path() + "/block: Not a directory");
}

TEST_CASE("a loop device that cannot be looked at is an error and not an unbound one", "[procfs]") {
  test::FakeProc sys;
  sys.file("block/loop0/loop/backing_file", "/a\n").file("block/loop1/loop", "");
  const auto devices = count_loop_devices(sys.path() + "/block");
  REQUIRE_FALSE(devices);
  CHECK(devices.error().message() ==
        sys.path() + "/block: look for loop1/loop/backing_file: Not a directory");

  if (test::lacks_root()) return;
  sys.remove("block/loop1").deny("block/loop0/loop");
  REQUIRE(::chmod(sys.path().c_str(), 0755) == 0);
  const int denied = test::run_as_nobody(0, [&sys] {
    const auto seen = count_loop_devices(sys.path() + "/block");
    return !seen && seen.error().kind() == ErrorKind::kDenied ? 1 : 0;
  });
  CHECK(denied == 1);
}
