// Pools of the host. What others could miss is lowered to little more than is in use, for as long
// as one test runs; with_sysctl brings it back.
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "filled.hpp"

using namespace kcommons;
using namespace kcommons::fill;
using catalogue::ResourceId;

namespace {

// Forks children that only wait, until that fails.
bool fork_all(Outcome& outcome, std::uint64_t most) {
  while (outcome.taken < most) {
    const pid_t pid = ::fork();
    if (pid == 0) test::Child::stay();
    if (pid < 0) {
      outcome.error = errno;
      return true;
    }
    ++outcome.taken;
  }
  return false;
}

std::uint64_t used_now(ResourceId resource) {
  return look(By::kBpf, of_host(resource)).used.value_or(0);
}

// What is left when those that an earlier test has ended are gone.
std::uint64_t settled(ResourceId resource) {
  std::uint64_t before = 0;
  test::eventually([&] {
    const std::uint64_t now = used_now(resource);
    ::usleep(50'000);
    return std::exchange(before, now) == now;
  });
  return before;
}

}  // namespace

TEST_CASE("open files", "[fill][sysctl]") {
  const std::uint64_t limit = used_now(ResourceId::kOpenFiles) + 2000;
  const uid_t uid = fresh_uid(0);
  // What is needed to look is opened before, and by one who may go beyond the limit.
  look(By::kBpf, of_host(ResourceId::kOpenFiles));
  look(By::kProcfs, of_host(ResourceId::kOpenFiles));
  const Lowered lowered("fs/file-max", limit);
  const Filled filled([&](Outcome& outcome) {
    if (!become(uid)) return false;
    while (::open("/dev/null", O_RDONLY) >= 0) ++outcome.taken;
    outcome.error = errno;
    return true;
  });
  REQUIRE(filled.is_ready());
  CHECK(is_promised(ResourceId::kOpenFiles, filled.outcome().error));
  for (const By source : {By::kBpf, By::kProcfs}) {
    const Seen seen = look(source, of_host(ResourceId::kOpenFiles));
    CHECK(seen.limit == limit);
    // Root may go beyond, the tests' own files too.
    CHECK(seen.used.value_or(0) >= limit);
    CHECK(seen.used.value_or(0) <= limit + 200);
    CHECK(seen.held >= filled.outcome().taken);
  }
}

TEST_CASE("AIO events", "[fill][sysctl]") {
  const std::uint64_t before = used_now(ResourceId::kAioEvents);
  constexpr std::uint64_t kEach = 1024;
  const std::uint64_t limit = before + 4 * kEach;
  const Lowered lowered("fs/aio-max-nr", limit);
  const uid_t uid = fresh_uid(1);
  const Filled filled([&](Outcome& outcome) {
    if (!become(uid)) return false;
    while (true) {
      aio_context_t context = 0;
      if (::syscall(SYS_io_setup, kEach, &context) != 0) break;
      outcome.taken += kEach;
    }
    outcome.error = errno;
    return true;
  });
  REQUIRE(filled.is_ready());
  CHECK(filled.outcome().taken == 4 * kEach);
  CHECK(is_promised(ResourceId::kAioEvents, filled.outcome().error));
  const Seen bpf = look(By::kBpf, of_host(ResourceId::kAioEvents));
  CHECK(bpf.used == limit);
  CHECK(bpf.limit == limit);
  CHECK(bpf.held == bpf.used);
  CHECK(look(By::kProcfs, of_host(ResourceId::kAioEvents)).used == limit);
}

TEST_CASE("threads", "[fill][sysctl]") {
  look(By::kProcfs, of_host(ResourceId::kThreads));
  const std::uint64_t limit = settled(ResourceId::kThreads) + 60;
  const Lowered lowered("kernel/threads-max", limit);
  const Filled filled([&](Outcome& outcome) { return fork_all(outcome, 200); });
  const Seen bpf = look(By::kBpf, of_host(ResourceId::kThreads));
  const Seen procfs = look(By::kProcfs, of_host(ResourceId::kThreads));
  // Nobody can start anything until it is back.
  lowered.restore();
  REQUIRE(filled.is_ready());
  CHECK(is_promised(ResourceId::kThreads, filled.outcome().error));
  CHECK(filled.outcome().taken >= 30);
  for (const Seen& seen : {bpf, procfs}) {
    CHECK(seen.limit == limit);
    CHECK(seen.used == limit);
    CHECK(seen.held > filled.outcome().taken);
  }
}

TEST_CASE("PIDs", "[fill][sysctl]") {
  look(By::kProcfs, of_host(ResourceId::kPids));
  const std::uint64_t before = settled(ResourceId::kPids);
  constexpr std::uint64_t kLimit = 800;
  const Lowered lowered("kernel/pid_max", kLimit);
  const Filled filled([&](Outcome& outcome) { return fork_all(outcome, kLimit); });
  const Seen bpf = look(By::kBpf, of_host(ResourceId::kPids));
  const Seen procfs = look(By::kProcfs, of_host(ResourceId::kPids));
  lowered.restore();
  REQUIRE(filled.is_ready());
  CHECK(is_promised(ResourceId::kPids, filled.outcome().error));
  CHECK(bpf.limit == kLimit);
  CHECK(procfs.limit == kLimit);
  // Numbers below 300 are given once after boot only (RESERVED_PIDS of kernel/pid.c).
  CHECK(filled.outcome().taken > kLimit - 300 - before);
  const std::uint64_t grown = bpf.used.value_or(0) - before;
  CHECK(grown >= filled.outcome().taken);
  CHECK(grown <= filled.outcome().taken + 20);
  CHECK(bpf.held >= filled.outcome().taken);
  CHECK(procfs.used.value_or(0) >= filled.outcome().taken);
}

TEST_CASE("events that nobody reads", "[fill]") {
  const std::uint64_t limit = read_sysctl("fs/inotify/max_queued_events");
  const std::string directory = std::filesystem::temp_directory_path() / "kcommons-fill-events";
  std::filesystem::create_directory(directory);
  const std::array names{directory + "/a", directory + "/b"};
  const Filled filled([&](Outcome& outcome) {
    const int fd = ::inotify_init1(IN_NONBLOCK);
    if (fd < 0 || ::inotify_add_watch(fd, directory.c_str(), IN_CREATE | IN_DELETE) < 0)
      return false;
    // Two events each, never two alike in a row, which the kernel would make one.
    for (std::uint64_t i = 0; i <= limit / 2; ++i) {
      const int file = ::open(names[i % 2].c_str(), O_CREAT | O_WRONLY, 0600);
      if (file < 0 || ::close(file) != 0 || ::unlink(names[i % 2].c_str()) != 0) return false;
    }
    outcome.taken = limit + 1;  // the mark of overflow comes on top
    outcome.extra = static_cast<std::uint64_t>(fd);
    return true;
  });
  REQUIRE(filled.is_ready());
  const Seen seen = look(By::kBpf, of_host(ResourceId::kInotifyQueuedEvents));
  CHECK(seen.used == limit + 1);
  CHECK(seen.limit == limit);
  CHECK(seen.held == seen.used);
  CHECK(catalogue::resource(ResourceId::kInotifyQueuedEvents).error == "IN_Q_OVERFLOW");
  std::filesystem::remove_all(directory);
}

TEST_CASE("pseudo terminals", "[fill][sysctl]") {
  const std::uint64_t reserve = read_sysctl("kernel/pty/reserve");
  const std::uint64_t limit = read_sysctl("kernel/pty/nr") + 10;
  const std::uint64_t before = read_sysctl("kernel/pty/nr");
  const Lowered lowered("kernel/pty/max", limit + reserve);
  const std::string directory = std::filesystem::temp_directory_path() / "kcommons-fill-pts";
  std::filesystem::create_directory(directory);
  const Filled filled([&](Outcome& outcome) {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("devpts", directory.c_str(), "devpts", 0, "newinstance,ptmxmode=0666") != 0) {
      return false;
    }
    const std::string ptmx = directory + "/ptmx";
    while (::open(ptmx.c_str(), O_RDWR | O_NOCTTY) >= 0) ++outcome.taken;
    outcome.error = errno;
    return true;
  });
  REQUIRE(filled.is_ready());
  // The kernel compares after it has counted: the last one is not given (devpts_new_index).
  CHECK(filled.outcome().taken == limit - before - 1);
  CHECK(is_promised(ResourceId::kPtys, filled.outcome().error));
  const Seen bpf = look(By::kBpf, of_host(ResourceId::kPtys));
  CHECK(bpf.limit == limit);
  CHECK(bpf.used == limit - 1);
  CHECK(bpf.held >= filled.outcome().taken);
  CHECK(look(By::kProcfs, of_host(ResourceId::kPtys)).used == limit - 1);
  std::filesystem::remove(directory);
}

namespace {

// A network of its own, with one link that is up.
bool make_network() {
  return ::unshare(CLONE_NEWNET) == 0 &&
         std::system(
             "ip link add fill0 type veth peer name fill1 && "
             "ip addr add 10.99.0.1/16 dev fill0 && ip -6 addr add fd99::1/64 dev fill0 nodad && "
             "ip link set fill0 up && ip link set fill1 up") == 0;
}

// A neighbour that is not permanent, by rtnetlink(7); 0 or an errno.
int add_neighbour(int socket, int family, std::uint32_t number) {
  struct {
    nlmsghdr header;
    ndmsg entry;
    std::array<char, 64> attributes;
  } request{};
  const std::size_t size = family == AF_INET ? 4 : 16;
  request.header.nlmsg_type = RTM_NEWNEIGH;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
  request.entry.ndm_family = static_cast<unsigned char>(family);
  request.entry.ndm_ifindex = static_cast<int>(::if_nametoindex("fill0"));
  request.entry.ndm_state = NUD_REACHABLE;
  std::size_t length = 0;
  const auto add = [&](unsigned short type, const void* data, std::size_t bytes) {
    rtattr attribute{.rta_len = static_cast<unsigned short>(RTA_LENGTH(bytes)), .rta_type = type};
    std::memcpy(request.attributes.data() + length, &attribute, sizeof(attribute));
    std::memcpy(request.attributes.data() + length + RTA_LENGTH(0), data, bytes);
    length += RTA_ALIGN(RTA_LENGTH(bytes));
  };
  std::array<unsigned char, 16> address{0xfd, 0x99};
  if (family == AF_INET) address = {10, 99};
  address.at(size - 2) = static_cast<unsigned char>(number >> 8U);
  address.at(size - 1) = static_cast<unsigned char>(number);
  const std::array<unsigned char, 6> link{
      2, 0, 0, 0, static_cast<unsigned char>(number >> 8U), static_cast<unsigned char>(number)};
  add(NDA_DST, address.data(), size);
  add(NDA_LLADDR, link.data(), link.size());
  request.header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof(ndmsg)) + length);
  if (::send(socket, &request, request.header.nlmsg_len, 0) < 0) return errno;
  struct {
    nlmsghdr header;
    nlmsgerr error;
    std::array<char, 512> rest;
  } answer{};
  if (::recv(socket, &answer, sizeof(answer), 0) < 0) return errno;
  return -answer.error.error;
}

void check_neighbours(ResourceId resource, int family, const char* version) {
  CAPTURE(version);
  const std::string threshold = std::string("net/") + version + "/neigh/default/gc_thresh3";
  const std::uint64_t before = used_now(resource);
  const std::uint64_t limit = before + 100;
  const Lowered lowered(threshold, limit);
  const Filled filled([&](Outcome& outcome) {
    if (!make_network()) return false;
    const int socket = ::socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    for (std::uint32_t number = 1000; number < 2000; ++number) {
      outcome.error = add_neighbour(socket, family, number);
      if (outcome.error != 0) return true;
      ++outcome.taken;
    }
    return false;
  });
  REQUIRE(filled.is_ready());
  CHECK(is_promised(resource, filled.outcome().error));
  const Seen seen = look(By::kBpf, of_host(resource));
  CHECK(seen.limit == limit);
  // A link that comes up has some of its own.
  CHECK(seen.used.value_or(0) <= limit);
  CHECK(seen.used.value_or(0) >= limit - 2);
  CHECK(seen.held == seen.used);
  CHECK(filled.outcome().taken >= 90);
  // Permanent entries, of which a few belong to every link, are in what procfs counts.
  const Seen procfs = look(By::kProcfs, of_host(resource));
  CHECK(procfs.limit == limit);
  CHECK(procfs.used.value_or(0) >= limit - 2);
}

}  // namespace

TEST_CASE("neighbours by IPv4", "[fill][sysctl]") {
  check_neighbours(ResourceId::kNeighboursIpv4, AF_INET, "ipv4");
}

TEST_CASE("neighbours by IPv6", "[fill][sysctl]") {
  check_neighbours(ResourceId::kNeighboursIpv6, AF_INET6, "ipv6");
}

TEST_CASE("memory of UDP", "[fill][sysctl]") {
  // In pages; the kernel takes them in batches for each CPU.
  const Lowered lowered("net/ipv4/udp_mem", "1000 1500 2000");
  const Filled filled([&](Outcome& outcome) {
    if (!make_network() || std::system("ip link set lo up") != 0) return false;
    std::vector<int> receivers;
    const int sender = ::socket(AF_INET, SOCK_DGRAM, 0);
    const std::vector<char> datagram(16 * 1024);
    for (int i = 0; i < 200; ++i) {
      const int receiver = ::socket(AF_INET, SOCK_DGRAM, 0);
      const int size = 1 << 20;
      ::setsockopt(receiver, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      socklen_t length = sizeof(address);
      if (::bind(receiver, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
          ::getsockname(receiver, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
        return false;
      }
      for (int n = 0; n < 20; ++n) {
        ::sendto(sender, datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr*>(&address),
                 sizeof(address));
      }
    }
    // The last column, of each socket: what it has lost.
    std::ifstream sockets("/proc/net/udp");
    std::string line;
    std::getline(sockets, line);
    while (std::getline(sockets, line)) {
      line.erase(line.find_last_not_of(' ') + 1);
      outcome.taken += std::strtoull(line.substr(line.rfind(' ')).c_str(), nullptr, 10);
    }
    return true;
  });
  REQUIRE(filled.is_ready());
  CHECK(filled.outcome().taken > 0);
  CHECK(catalogue::resource(ResourceId::kUdpMemoryPages).error == "drops");
  const Seen bpf = look(By::kBpf, of_host(ResourceId::kUdpMemoryPages));
  CHECK(bpf.limit == 2000);
  CHECK(bpf.used.value_or(0) >= 1500);  // from here on the kernel refuses some
  CHECK(bpf.used.value_or(0) <= 2300);
  // What the sockets have, but for what each CPU keeps in hand (sk_memory_allocated_add).
  CHECK(bpf.held > bpf.used.value_or(0) - 600);
  CHECK(bpf.held < bpf.used.value_or(0) + 600);
}

TEST_CASE("ports of a bridge", "[fill]") {
  const std::string directory = std::filesystem::temp_directory_path() / "kcommons-fill-sys";
  std::filesystem::create_directory(directory);
  const Filled filled([&](Outcome& outcome) {
    if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("sysfs", directory.c_str(), "sysfs", 0, nullptr) != 0) {
      return false;
    }
    const int made = std::system(
        "ip link add br0 type bridge && "
        "for i in $(seq 1 512); do echo link add p$i type veth peer name p$((i + 512)); done | "
        "ip -batch - && "
        "for i in $(seq 1 1023); do echo link set p$i master br0; done | ip -batch -");
    const int refused = std::system("ip link set p1024 master br0 2>&1 | grep -q 'xchange full'");
    if (made != 0) return false;
    outcome.error = refused == 0 ? EXFULL : 0;
    outcome.taken = 1023;
    return true;
  });
  REQUIRE(filled.is_ready());
  CHECK(is_promised(ResourceId::kBridgePorts, filled.outcome().error));
  const std::string sysfs = "/proc/" + std::to_string(filled.outcome().pid) + "/root" + directory;
  const Seen seen = look(By::kBpf, of_host(ResourceId::kBridgePorts), sysfs);
  CHECK(seen.used == 1023);
  CHECK(seen.limit == 1023);
}
