// Inotify and fanotify against the kernel's own charges: for every pool that a test fills, what is
// booked to holders is what the kernel has charged, to the number.
#include <fcntl.h>
#include <sched.h>
#include <sys/fanotify.h>
#include <sys/fsuid.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <future>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "attribution/attributor.hpp"
#include "attribution/books.hpp"
#include "base/unique_fd.hpp"
#include "census/bpf_source.hpp"
#include "live_support.hpp"

using namespace kcommons;
using namespace kcommons::attribution;
using catalogue::ResourceId;
using census::Census;
using kcommons::test::must;

namespace {

// UIDs that nobody has: this process's number keeps tests that run at once apart.
uid_t fresh_uid(unsigned offset) {
  return 1'000'000U + static_cast<uid_t>(::getpid()) * 64U + offset;
}

Census take() {
  const SystemClock clock;
  const auto source =
      must(census::BpfSource::open({.layouts = cgroup::Layouts::built_in()}, clock));
  must(source->read_pools());
  return must(source->take_census({}));
}

struct Found {
  std::uint64_t charged = 0;  // by the kernel
  std::uint64_t booked = 0;   // to holders
  bool operator==(const Found&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Found& found) {
  return out << "charged " << found.charged << ", booked " << found.booked;
}

Found find(const Books& books, ResourceId resource, uid_t uid) {
  const auto at = books.pools.find(pool_of_user(resource, kInitialUserNs, Uid(uid)));
  if (at == books.pools.end()) return {};
  return {.charged = at->second.charged.value_or(0), .booked = at->second.total()};
}

// In what the kernel charges to `uid` in the initial namespace.
void check_inotify(uid_t uid, std::uint64_t instances, std::uint64_t watches) {
  CAPTURE(uid);
  // The kernel gives marks back a moment after they are removed.
  Books books;
  const Found expected{.charged = watches, .booked = watches};
  test::eventually([&] {
    books = keep_books(take());
    return find(books, ResourceId::kInotifyWatches, uid) == expected;
  });
  CHECK(find(books, ResourceId::kInotifyWatches, uid) == expected);
  CHECK(find(books, ResourceId::kInotifyInstances, uid) ==
        Found{.charged = instances, .booked = instances});
}

// An instance with watches on so many directories; in a forked child, so without allocation.
int instance(int watches) {
  const int fd = ::inotify_init1(0);
  if (fd < 0) return -1;
  static constexpr std::array kPaths = {"/",    "/etc", "/usr", "/bin",  "/sbin", "/var",
                                        "/tmp", "/dev", "/opt", "/home", "/root", "/run"};
  static_assert(kPaths.size() >= 10);
  for (int i = 0; i < watches; ++i) {
    if (::inotify_add_watch(fd, kPaths.at(static_cast<std::size_t>(i)), IN_CREATE) < 0) return -1;
  }
  return fd;
}

// Dumpable again, so that its files in /proc are its own.
bool become(uid_t uid) {
  return ::syscall(SYS_setresuid, uid, uid, uid) == 0 && ::prctl(PR_SET_DUMPABLE, 1) == 0;
}

}  // namespace

TEST_CASE("instances of several users are charged to each", "[attribution][bpf]") {
  if (test::lacks_root()) return;
  const uid_t one = fresh_uid(0);
  const uid_t other = fresh_uid(1);
  const test::Child first([&] { return become(one) && instance(5) >= 0 && instance(3) >= 0; });
  const test::Child second([&] { return become(other) && instance(7) >= 0; });
  REQUIRE(first.is_ready());
  REQUIRE(second.is_ready());
  check_inotify(one, 2, 8);
  check_inotify(other, 1, 7);
}

TEST_CASE("an instance without watches is charged all the same", "[attribution][bpf]") {
  if (test::lacks_root()) return;
  const uid_t uid = fresh_uid(2);
  const test::Child child([&] { return become(uid) && instance(0) >= 0; });
  REQUIRE(child.is_ready());
  check_inotify(uid, 1, 0);
}

TEST_CASE("the effective user is charged and neither the real nor the file system's",
          "[attribution][bpf]") {
  if (test::lacks_root()) return;
  const uid_t real = fresh_uid(3);
  const uid_t effective = fresh_uid(4);
  const test::Child child([&] {
    return ::syscall(SYS_setresuid, real, effective, effective) == 0 && instance(6) >= 0;
  });
  REQUIRE(child.is_ready());
  check_inotify(real, 0, 0);
  check_inotify(effective, 1, 6);
}

TEST_CASE("who made an instance is charged whatever the process becomes", "[attribution][bpf]") {
  if (test::lacks_root()) return;
  const uid_t before = fresh_uid(5);
  const uid_t after = fresh_uid(6);
  const test::Child child([&] {
    if (::syscall(SYS_setresuid, before, before, 0) != 0) return false;
    const int fd = instance(4);
    if (fd < 0 || ::syscall(SYS_setresuid, -1, 0, -1) != 0) return false;
    if (::syscall(SYS_setresuid, after, after, after) != 0) return false;
    // A watch that another user adds is the instance's too.
    return ::inotify_add_watch(fd, "/proc", IN_CREATE) >= 0;
  });
  REQUIRE(child.is_ready());
  check_inotify(before, 1, 5);
  check_inotify(after, 0, 0);
}

TEST_CASE("a thread may be another user, and has a pool", "[attribution][bpf]") {
  if (test::lacks_root()) return;
  const uid_t uid = fresh_uid(7);
  const SystemClock clock;
  const auto source =
      must(census::BpfSource::open({.layouts = cgroup::Layouts::built_in()}, clock));
  const auto used = [&] {
    std::uint64_t instances = 0;
    for (const census::Charge& charge : must(source->read_pools()).charges) {
      if (charge.uid == Uid(uid) && charge.resource == ResourceId::kInotifyInstances) {
        instances = charge.used;
      }
    }
    return instances;
  };
  CHECK(used() == 0);
  std::promise<bool> made;
  std::promise<void> seen;
  std::thread other([&] {
    // Of this thread alone: the library's function would change them all.
    const bool is_other = ::syscall(SYS_setresuid, uid, uid, uid) == 0;
    const UniqueFd fd(::inotify_init1(IN_CLOEXEC));
    made.set_value(is_other && fd.is_open());
    seen.get_future().wait();
  });
  CHECK(made.get_future().get());
  CHECK(used() == 1);
  seen.set_value();
  other.join();
}

TEST_CASE("an instance that is duplicated and inherited is one", "[attribution][bpf]") {
  if (test::lacks_root()) return;
  const uid_t uid = fresh_uid(7);
  const test::Child child([&] {
    if (!become(uid)) return false;
    const int fd = instance(5);
    if (fd < 0 || ::dup(fd) < 0) return false;
    for (int i = 0; i < 3; ++i) {
      const long pid = ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, 0UL);
      if (pid == 0) test::Child::stay();
      if (pid < 0) return false;
    }
    return true;
  });
  REQUIRE(child.is_ready());
  check_inotify(uid, 1, 5);
}

TEST_CASE("an instance that was passed on is still its maker's", "[attribution][bpf]") {
  if (test::lacks_root()) return;
  const uid_t uid = fresh_uid(8);
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const UniqueFd left(ends[0]);
  const UniqueFd right(ends[1]);
  const auto pass_one = [&] {
    test::Child child([&] {
      if (!become(uid)) return false;
      const int fd = instance(6);
      return fd >= 0 && test::send_descriptors(left.get(), {&fd, 1});
    });
    REQUIRE(child.is_ready());
  };
  pass_one();
  SECTION("while it is on its way and its maker is gone") {
    check_inotify(uid, 1, 6);
  }
  SECTION("when another has it") {
    std::array<char, CMSG_SPACE(sizeof(int))> control{};
    char byte = 0;
    iovec data{.iov_base = &byte, .iov_len = 1};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    REQUIRE(::recvmsg(right.get(), &message, MSG_CMSG_CLOEXEC) == 1);
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
    const UniqueFd received(fd);
    REQUIRE(received.is_open());
    check_inotify(uid, 1, 6);
  }
}

TEST_CASE("a namespace charges who has made it", "[attribution][bpf]") {
  if (test::lacks_root()) return;
  const uid_t owner = fresh_uid(9);
  const test::Child child([&] {
    if (!become(owner) || instance(2) < 0) return false;
    const long inner = test::fork_into_user_ns();
    if (inner < 0) return false;
    if (inner > 0) test::Child::stay();
    test::Child::report_and_stay(test::map_self_to_root(owner) && instance(8) >= 0);
  });
  if (!child.is_ready()) {
    test::skipped("user namespaces cannot be made here");
    return;
  }
  // The first instance is inherited: one still.
  check_inotify(owner, 2, 10);
}

TEST_CASE("a namespace that root has made for others charges root", "[attribution][bpf]") {
  if (test::lacks_root()) return;
  const Books before = keep_books(take());
  const uid_t mapped = fresh_uid(10);
  std::array<int, 2> gate{};
  REQUIRE(::pipe(gate.data()) == 0);
  const UniqueFd wait_end(gate[0]);
  UniqueFd tell_end(gate[1]);
  const test::Child child([&] {
    const long inner = test::fork_into_user_ns();
    if (inner < 0) return false;
    if (inner > 0) {
      std::array<char, 64> path{};
      std::array<char, 64> line{};
      std::snprintf(path.data(), path.size(), "/proc/%ld/uid_map", inner);
      std::snprintf(line.data(), line.size(), "0 %u 60", mapped);
      if (!test::write_text(path.data(), line.data())) return false;
      if (::write(tell_end.get(), "g", 1) != 1) return false;
      test::Child::stay();
    }
    char byte = 0;
    const bool made = ::read(wait_end.get(), &byte, 1) == 1 &&
                      ::syscall(SYS_setresuid, 33, 33, 33) == 0 && instance(9) >= 0;
    test::Child::report_and_stay(made);
  });
  if (!child.is_ready()) {
    test::skipped("user namespaces cannot be made here");
    return;
  }
  const Books after = keep_books(take());
  const Found root_before = find(before, ResourceId::kInotifyWatches, 0);
  const Found root_after = find(after, ResourceId::kInotifyWatches, 0);
  CHECK(root_after.booked - root_before.booked >= 9);
  check_inotify(mapped + 33, 0, 0);
}

TEST_CASE("nested namespaces charge every level and the outermost once", "[attribution][bpf]") {
  if (test::lacks_root()) return;
  const uid_t owner = fresh_uid(11);
  const test::Child child([&] {
    if (!become(owner)) return false;
    const long outer = test::fork_into_user_ns();
    if (outer < 0) return false;
    if (outer > 0) test::Child::stay();
    if (!test::map_self_to_root(owner) || instance(3) < 0) test::Child::report_and_stay(false);
    const long inner = test::fork_into_user_ns();
    if (inner < 0) test::Child::report_and_stay(false);
    if (inner > 0) test::Child::stay();
    test::Child::report_and_stay(test::map_self_to_root(0) && instance(4) >= 0);
  });
  if (!child.is_ready()) {
    test::skipped("user namespaces cannot be made here");
    return;
  }
  check_inotify(owner, 2, 7);
}

TEST_CASE("fanotify groups are charged and marks without a limit are not", "[attribution][bpf]") {
  if (test::lacks_root()) return;
  const uid_t uid = fresh_uid(12);
  const test::Child child([&] {
    // Unlimited marks are for CAP_SYS_ADMIN, and so made before the user changes; the effective
    // one is charged.
    if (::syscall(SYS_setresuid, 0, uid, 0) != 0) return false;
    const int group = ::fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY);
    if (group < 0) return false;
    for (const char* path : {"/etc", "/usr", "/var"}) {
      if (::fanotify_mark(group, FAN_MARK_ADD, FAN_CREATE | FAN_ONDIR, AT_FDCWD, path) != 0) {
        return false;
      }
    }
    return true;
  });
  if (!child.is_ready()) {
    test::skipped("fanotify is not for ordinary users here");
    return;
  }
  const Books books = keep_books(take());
  CHECK(find(books, ResourceId::kFanotifyGroups, uid) == Found{.charged = 1, .booked = 1});
  CHECK(find(books, ResourceId::kFanotifyMarks, uid) == Found{.charged = 3, .booked = 3});
}

TEST_CASE("all pools of users balance on this machine", "[attribution][bpf]") {
  // Others may come and go during one census, but not during ten.
  std::string unbalanced;
  const bool balanced = test::eventually([&] {
    unbalanced.clear();
    const Snapshot snapshot = Attributor({}, 0.5).attribute(take());
    const bool hidden = snapshot.unseen.at(static_cast<std::size_t>(census::Unseen::kHidden)) > 0;
    for (const Pool& pool : snapshot.pools) {
      if (!is_of_user(pool.resource)) continue;
      // Root's come and go all the time, those of the kernel too.
      if (pool.resource == ResourceId::kUserProcesses && pool.uid == "0") continue;
      // Of what is hidden from the census only descriptors and threads can be counted.
      if (hidden && pool.uid == "0" && pool.userns.empty()) continue;
      for (const Unattributed& part : pool.unattributed) {
        if (part.cause != "unexplained" || part.amount == 0) continue;
        unbalanced += std::string(catalogue::resource(pool.resource).name) + " " + pool.userns +
                      " " + pool.uid + ": " + std::to_string(part.amount) + " of " +
                      std::to_string(pool.used_at_census.value_or(0)) + " unexplained\n";
      }
    }
    return unbalanced.empty();
  });
  CAPTURE(unbalanced);
  CHECK(balanced);
}
