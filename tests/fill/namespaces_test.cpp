// Pools of users that have a limit of their own in a user namespace: it is lowered there, so that
// nobody outside is bounded, and the owner outside is charged for all of it.
#include <fcntl.h>
#include <sched.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <string>

#include "filled.hpp"
#include "procfs/user_ns.hpp"

using namespace kcommons;
using namespace kcommons::fill;
using catalogue::ResourceId;

namespace {

constexpr std::uint64_t kLimit = 5;

struct Case {
  ResourceId resource;
  const char* sysctl;             // below /proc/sys/user
  bool (*take)(std::uint64_t n);  // the n-th unit, of those that fit and the one that does not
};

const char* directory(std::uint64_t n) {
  static constexpr std::array kPaths = {"/", "/etc", "/usr", "/var", "/dev", "/proc", "/tmp"};
  return kPaths.at(n % kPaths.size());
}

bool take_watch(std::uint64_t n) {
  static int fd = -1;
  if (fd < 0) fd = ::inotify_init1(0);
  return ::inotify_add_watch(fd, directory(n), IN_CREATE) >= 0;
}

int fanotify_group() {
  return ::fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY);
}

bool take_mark(std::uint64_t n) {
  static int fd = -1;
  if (fd < 0) fd = fanotify_group();
  static constexpr std::array kPaths = {"/etc",     "/usr",     "/var",
                                        "/usr/lib", "/usr/bin", "/usr/share"};
  return ::fanotify_mark(fd, FAN_MARK_ADD, FAN_CREATE | FAN_ONDIR, AT_FDCWD,
                         kPaths.at(n % kPaths.size())) == 0;
}

// In a process of its own, for a process has one namespace of each kind. It says through a pipe
// whether it got one.
template <int kKind>
bool take_namespace(std::uint64_t /*n*/) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int error = ::unshare(kKind) == 0 ? 0 : errno;
    if (::write(ends[1], &error, sizeof(error)) != sizeof(error) || error != 0) ::_exit(1);
    test::Child::stay();
  }
  int error = EIO;
  if (pid < 0 || ::read(ends[0], &error, sizeof(error)) != sizeof(error)) return false;
  errno = error;
  return error == 0;
}

// What the namespace takes, up to its limit and one more.
bool take_in_namespace(const Case& one, Outcome& outcome) {
  const std::string path = std::string("/proc/sys/user/") + one.sysctl;
  if (!test::write_text(path.c_str(), std::to_string(kLimit).c_str())) return false;
  outcome.pid = ::getpid();
  for (std::uint64_t n = 0; n <= kLimit + 1; ++n) {
    errno = 0;
    if (!one.take(n)) {
      outcome.error = errno;
      return true;
    }
    ++outcome.taken;
  }
  return false;
}

constexpr std::array kCases{
    Case{ResourceId::kInotifyInstances, "max_inotify_instances",
         [](std::uint64_t) { return ::inotify_init1(0) >= 0; }},
    Case{ResourceId::kInotifyWatches, "max_inotify_watches", take_watch},
    Case{ResourceId::kFanotifyGroups, "max_fanotify_groups",
         [](std::uint64_t) { return fanotify_group() >= 0; }},
    Case{ResourceId::kFanotifyMarks, "max_fanotify_marks", take_mark},
    Case{ResourceId::kUserNamespaces, "max_user_namespaces", take_namespace<CLONE_NEWUSER>},
    Case{ResourceId::kPidNamespaces, "max_pid_namespaces", take_namespace<CLONE_NEWPID>},
    Case{ResourceId::kUtsNamespaces, "max_uts_namespaces", take_namespace<CLONE_NEWUTS>},
    Case{ResourceId::kIpcNamespaces, "max_ipc_namespaces", take_namespace<CLONE_NEWIPC>},
    Case{ResourceId::kNetNamespaces, "max_net_namespaces", take_namespace<CLONE_NEWNET>},
    Case{ResourceId::kMntNamespaces, "max_mnt_namespaces", take_namespace<CLONE_NEWNS>},
    Case{ResourceId::kCgroupNamespaces, "max_cgroup_namespaces", take_namespace<CLONE_NEWCGROUP>},
    Case{ResourceId::kTimeNamespaces, "max_time_namespaces", take_namespace<CLONE_NEWTIME>},
};

}  // namespace

TEST_CASE("pools with a limit of their own in a user namespace", "[fill]") {
  unsigned number = 0;
  for (const Case& one : kCases) {
    const uid_t uid = fresh_uid(20 + number++);
    const catalogue::Resource& row = catalogue::resource(one.resource);
    CAPTURE(row.name);
    const Filled filled([&](Outcome& outcome) {
      if (!become(uid)) return false;
      const long pid = test::fork_into_user_ns();
      if (pid < 0) return false;
      if (pid > 0) test::Child::stay();
      test::Child::report_and_stay(test::map_self_to_root(uid) && take_in_namespace(one, outcome));
    });
    REQUIRE(filled.is_ready());
    CHECK(filled.outcome().taken == kLimit);
    CHECK(is_promised(one.resource, filled.outcome().error));
    const auto process = test::real_process(Pid(filled.outcome().pid));
    const auto inode = test::must(procfs::read_user_ns_inode(process));
    const Seen inner =
        look_for(By::kBpf, of_user(one.resource, uid, std::to_string(inode.value())), kLimit);
    CHECK(inner.used == kLimit);
    CHECK(inner.limit == kLimit);
    // The owner is charged as well, for the namespace itself too.
    const std::uint64_t charged = one.resource == ResourceId::kUserNamespaces ? kLimit + 1 : kLimit;
    const Seen outer = look_for(By::kBpf, of_user(one.resource, uid), charged);
    CHECK(outer.used == charged);
    CHECK(outer.limit == read_sysctl(std::string("user/") + one.sysctl));
    if (row.bpf == catalogue::Accuracy::kExact) {
      CHECK(inner.held == kLimit);
      CHECK(outer.held == kLimit);
    }
    if (row.procfs == catalogue::Accuracy::kNone) continue;
    CHECK(look_for(By::kProcfs, of_user(one.resource, uid), charged).used == charged);
  }
}
