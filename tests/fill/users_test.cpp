// Pools of users: a fresh UID takes all that it may, and nobody else notices.
#include <fcntl.h>
#include <linux/io_uring.h>
#include <mqueue.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <fstream>
#include <string>

#include "filled.hpp"

using namespace kcommons;
using namespace kcommons::fill;
using catalogue::ResourceId;

namespace {

// Both sources where procfs can tell, with the kernel's limit and as much as was taken.
void check_full(const PoolName& pool, std::uint64_t used, std::uint64_t limit, bool by_procfs) {
  CAPTURE(catalogue::resource(pool.resource).name, pool.userns, pool.uid);
  const Seen bpf = look_for(By::kBpf, pool, used);
  CHECK(bpf.used == used);
  CHECK(bpf.limit == limit);
  if (catalogue::resource(pool.resource).bpf == catalogue::Accuracy::kExact)
    CHECK(bpf.held == used);
  if (!by_procfs) return;
  const Seen procfs = look_for(By::kProcfs, pool, used);
  CHECK(procfs.used == used);
  CHECK(procfs.limit == limit);
}

// Calls `take` until it fails, and notes with what.
template <typename Take>
bool take_all(Outcome& outcome, Take take) {
  constexpr std::uint64_t kFarTooMany = 100'000;
  while (outcome.taken < kFarTooMany) {
    errno = 0;
    if (!take(outcome.taken)) {
      outcome.error = errno;
      return true;
    }
    ++outcome.taken;
  }
  return false;
}

}  // namespace

TEST_CASE("epoll registrations", "[fill][sysctl]") {
  constexpr std::uint64_t kLimit = 500;
  const Lowered lowered("fs/epoll/max_user_watches", kLimit);
  const uid_t uid = fresh_uid(0);
  const Filled filled([&](Outcome& outcome) {
    const int epoll = ::epoll_create1(0);
    const int event = ::eventfd(0, 0);
    if (!become(uid) || epoll < 0 || event < 0) return false;
    const int own = ::epoll_create1(0);  // charged to who made it
    return take_all(outcome, [&](std::uint64_t) {
      const int fd = ::dup(event);
      epoll_event interest{.events = EPOLLIN, .data = {}};
      return ::epoll_ctl(own, EPOLL_CTL_ADD, fd, &interest) == 0;
    });
  });
  REQUIRE(filled.is_ready());
  CHECK(filled.outcome().taken == kLimit);
  CHECK(is_promised(ResourceId::kEpollWatches, filled.outcome().error));
  check_full(of_uid(ResourceId::kEpollWatches, uid), kLimit, kLimit, false);
}

TEST_CASE("pipe pages", "[fill]") {
  const std::uint64_t limit = read_sysctl("fs/pipe-user-pages-soft");
  constexpr std::uint64_t kWhole = 16;  // pages of a pipe (pipe(7))
  constexpr int kSmall = 2 * 4096;
  const uid_t uid = fresh_uid(1);
  const Filled filled([&](Outcome& outcome) {
    if (!become(uid)) return false;
    while (outcome.taken <= limit) {
      std::array<int, 2> ends{};
      if (::pipe(ends.data()) != 0) return false;
      if (::fcntl(ends[0], F_GETPIPE_SZ) == kSmall) {
        outcome.taken += 2;
        outcome.extra =
            ::fcntl(ends[0], F_SETPIPE_SZ, 65536) < 0 ? static_cast<unsigned>(errno) : 0;
        return true;
      }
      outcome.taken += kWhole;
    }
    return false;
  });
  REQUIRE(filled.is_ready());
  CHECK(filled.outcome().taken == limit / kWhole * kWhole + 2);
  CHECK(filled.outcome().extra == EPERM);
  CHECK(catalogue::resource(ResourceId::kPipePages).error == "small pipes");
  check_full(of_uid(ResourceId::kPipePages, uid), filled.outcome().taken, limit, false);
}

TEST_CASE("processes of a user", "[fill]") {
  constexpr std::uint64_t kLimit = 20;
  const uid_t uid = fresh_uid(2);
  const Filled filled([&](Outcome& outcome) {
    if (!limit_to(RLIMIT_NPROC, kLimit) || !become(uid)) return false;
    outcome.taken = 1;  // itself
    return take_all(outcome, [](std::uint64_t) {
      const pid_t pid = ::fork();
      if (pid == 0) test::Child::stay();
      return pid > 0;
    });
  });
  REQUIRE(filled.is_ready());
  CHECK(filled.outcome().taken == kLimit);
  CHECK(is_promised(ResourceId::kUserProcesses, filled.outcome().error));
  check_full(of_user(ResourceId::kUserProcesses, uid), kLimit, kLimit, true);
}

TEST_CASE("queued signals", "[fill]") {
  constexpr std::uint64_t kLimit = 50;
  const uid_t uid = fresh_uid(3);
  const Filled filled([&](Outcome& outcome) {
    sigset_t blocked{};
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGRTMIN);
    if (::sigprocmask(SIG_BLOCK, &blocked, nullptr) != 0) return false;
    if (!limit_to(RLIMIT_SIGPENDING, kLimit) || !become(uid)) return false;
    return take_all(outcome,
                    [](std::uint64_t) { return ::sigqueue(::getpid(), SIGRTMIN, sigval{}) == 0; });
  });
  REQUIRE(filled.is_ready());
  CHECK(filled.outcome().taken == kLimit);
  CHECK(is_promised(ResourceId::kPendingSignals, filled.outcome().error));
  check_full(of_user(ResourceId::kPendingSignals, uid), kLimit, kLimit, true);
}

TEST_CASE("bytes of POSIX queues", "[fill]") {
  constexpr std::uint64_t kLimit = 200'000;
  // Each message has a header and a node in a tree (mqueue_get_inode of ipc/mqueue.c).
  constexpr std::uint64_t kEach = 10 * (1024 + 96);
  const uid_t uid = fresh_uid(4);
  const Filled filled([&](Outcome& outcome) {
    if (::unshare(CLONE_NEWIPC) != 0 || !limit_to(RLIMIT_MSGQUEUE, kLimit) || !become(uid)) {
      return false;
    }
    return take_all(outcome, [](std::uint64_t number) {
      mq_attr attributes{};
      attributes.mq_maxmsg = 10;
      attributes.mq_msgsize = 1024;
      std::array<char, 32> name{};
      std::snprintf(name.data(), name.size(), "/fill-%u", static_cast<unsigned>(number));
      return ::mq_open(name.data(), O_RDWR | O_CREAT, 0600, &attributes) >= 0;
    });
  });
  REQUIRE(filled.is_ready());
  CHECK(filled.outcome().taken == kLimit / kEach);
  CHECK(is_promised(ResourceId::kMqueueBytes, filled.outcome().error));
  check_full(of_user(ResourceId::kMqueueBytes, uid), filled.outcome().taken * kEach, kLimit, false);
}

TEST_CASE("locked shared memory", "[fill]") {
  constexpr std::uint64_t kLimit = 65536;
  constexpr std::uint64_t kEach = 16384;
  const uid_t uid = fresh_uid(5);
  const Filled filled([&](Outcome& outcome) {
    // The segments go with their namespace.
    if (::unshare(CLONE_NEWIPC) != 0 || !limit_to(RLIMIT_MEMLOCK, kLimit) || !become(uid)) {
      return false;
    }
    return take_all(outcome, [](std::uint64_t) {
      const int segment = ::shmget(IPC_PRIVATE, kEach, IPC_CREAT | 0600);
      return segment >= 0 && ::shmctl(segment, SHM_LOCK, nullptr) == 0;
    });
  });
  REQUIRE(filled.is_ready());
  CHECK(filled.outcome().taken == kLimit / kEach);
  CHECK(is_promised(ResourceId::kLockedMemoryBytes, filled.outcome().error));
  check_full(of_user(ResourceId::kLockedMemoryBytes, uid), kLimit, kLimit, false);
}

namespace {

std::uint64_t whole_pages(std::uint64_t bytes) {
  constexpr std::uint64_t kPage = 4096;
  return (bytes + kPage - 1) / kPage * kPage;
}

// What a ring itself takes: its two queues, and the entries (io_uring_setup(2)).
std::uint64_t size_of(const io_uring_params& ring) {
  return whole_pages(ring.cq_off.cqes + ring.cq_entries * sizeof(io_uring_cqe)) +
         whole_pages(ring.sq_entries * sizeof(io_uring_sqe));
}

}  // namespace

TEST_CASE("memory pinned for io_uring", "[fill]") {
  constexpr std::uint64_t kLimit = 1 << 20;
  constexpr std::uint64_t kEach = 16384;
  const uid_t uid = fresh_uid(6);
  const Filled filled([&](Outcome& outcome) {
    if (!limit_to(RLIMIT_MEMLOCK, kLimit) || !become(uid)) return false;
    return take_all(outcome, [&](std::uint64_t) {
      io_uring_params parameters{};
      const long ring = ::syscall(SYS_io_uring_setup, 4, &parameters);
      if (ring < 0) return false;
      outcome.extra += size_of(parameters);
      void* const memory =
          ::mmap(nullptr, kEach, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      const iovec buffer{.iov_base = memory, .iov_len = kEach};
      return ::syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &buffer, 1) == 0;
    });
  });
  REQUIRE(filled.is_ready());
  if (filled.outcome().error == ENOSYS || filled.outcome().error == EPERM) {
    test::skipped("no io_uring here");
    return;
  }
  const std::uint64_t taken = filled.outcome().taken * kEach + filled.outcome().extra;
  CHECK(taken <= kLimit);
  CHECK(taken > kLimit - kEach - 3 * 4096);
  CHECK(is_promised(ResourceId::kPinnedMemoryBytes, filled.outcome().error));
  check_full(of_uid(ResourceId::kPinnedMemoryBytes, uid), taken, kLimit, false);
}

TEST_CASE("descriptors on their way", "[fill]") {
  constexpr std::uint64_t kLimit = 200;  // beyond what is open already
  constexpr std::uint64_t kAtOnce = 10;
  const uid_t uid = fresh_uid(7);
  const Filled filled([&](Outcome& outcome) {
    if (!become(uid) || !limit_to(RLIMIT_NOFILE, kLimit)) return false;
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) return false;
    std::array<int, kAtOnce> sent{};
    sent.fill(::eventfd(0, 0));
    const bool full =
        take_all(outcome, [&](std::uint64_t) { return test::send_descriptors(ends[0], sent); });
    outcome.taken *= kAtOnce;
    return full;
  });
  REQUIRE(filled.is_ready());
  // The kernel looks before it counts: the last message goes beyond (net/core/scm.c).
  CHECK(filled.outcome().taken == kLimit + kAtOnce);
  CHECK(is_promised(ResourceId::kUnixInflight, filled.outcome().error));
  check_full(of_uid(ResourceId::kUnixInflight, uid), filled.outcome().taken, kLimit, false);
}

TEST_CASE("kernel keys", "[fill]") {
  const std::uint64_t limit = read_sysctl("kernel/keys/maxkeys");
  constexpr int kProcessKeyring = -2;  // KEY_SPEC_PROCESS_KEYRING
  const uid_t uid = fresh_uid(8);
  const Filled filled([&](Outcome& outcome) {
    if (!become(uid)) return false;
    const bool full = take_all(outcome, [](std::uint64_t number) {
      std::array<char, 32> name{};
      std::snprintf(name.data(), name.size(), "k%u", static_cast<unsigned>(number));
      return ::syscall(SYS_add_key, "user", name.data(), "v", 1, kProcessKeyring) >= 0;
    });
    ++outcome.taken;  // the keyring
    return full;
  });
  REQUIRE(filled.is_ready());
  CHECK(filled.outcome().taken == limit);
  CHECK(is_promised(ResourceId::kKeys, filled.outcome().error));
  check_full(of_uid(ResourceId::kKeys, uid), limit, limit, true);
}

TEST_CASE("bytes of kernel keys", "[fill]") {
  const std::uint64_t limit = read_sysctl("kernel/keys/maxbytes");
  static constexpr int kProcessKeyring = -2;
  static constexpr std::uint64_t kPayload = 3000;
  // A name with its zero, and a link of the keyring (security/keys, KEYQUOTA_LINK_BYTES).
  constexpr std::uint64_t kEach = kPayload + 3 + 4;
  const uid_t uid = fresh_uid(9);
  const Filled filled([&](Outcome& outcome) {
    static std::array<char, kPayload> payload{};
    if (!become(uid)) return false;
    // So that the keyring, its name and quota are there before.
    const long first = ::syscall(SYS_add_key, "user", "k0", "v", 1, kProcessKeyring);
    if (first < 0) return false;
    return take_all(outcome, [](std::uint64_t number) {
      std::array<char, 32> name{};
      std::snprintf(name.data(), name.size(), "l%u", static_cast<unsigned>(number));
      return ::syscall(SYS_add_key, "user", name.data(), payload.data(), payload.size(),
                       kProcessKeyring) >= 0;
    });
  });
  REQUIRE(filled.is_ready());
  CHECK(filled.outcome().taken == limit / kEach);
  CHECK(is_promised(ResourceId::kKeyBytes, filled.outcome().error));
  // "_pid" with its zero, the first key, and its link.
  constexpr std::uint64_t kBefore = 5 + (3 + 1) + 4;
  check_full(of_uid(ResourceId::kKeyBytes, uid), kBefore + filled.outcome().taken * kEach, limit,
             true);
}
