#include "procfs/proc_root.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "fake_proc.hpp"
#include "live_support.hpp"
#include "procfs/fd.hpp"

using namespace kcommons;
using namespace kcommons::procfs;
using kcommons::test::must;

TEST_CASE("a folder that is not there cannot be a root", "[procfs]") {
  const auto root = ProcRoot::open("/nonexistent/proc");
  REQUIRE_FALSE(root);
  CHECK(root.error().message().find("/nonexistent/proc") != std::string::npos);
  CHECK_FALSE(ProcRoot::open("/dev/null"));
  CHECK_FALSE(ProcRoot::open(""));
}

TEST_CASE("a fixture tree is not taken for a procfs", "[procfs]") {
  test::FakeProc proc;
  const ProcRoot root = must(ProcRoot::open(proc.path() + "//"));
  CHECK(root.path() == proc.path());
  CHECK_FALSE(root.is_procfs());
  CHECK_FALSE(root.counts_by_size());
  CHECK_FALSE(root.shares_pid_namespace());
  CHECK_FALSE(must(read_hidepid(root)));
}

TEST_CASE("pids are listed ascending and other names are left out", "[procfs]") {
  test::FakeProc proc;
  for (const int pid : {300, 4, 1, 42}) proc.process(pid);
  proc.file("007/stat", "").file("0/stat", "").file("12x/stat", "").file("-5/stat", "");
  proc.file("99999999999/stat", "").file("+6/stat", "").file("meminfo", "");
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  std::vector<Pid> pids = {Pid(77)};
  must(root.list_pids(pids));
  CHECK(pids == std::vector{Pid(1), Pid(4), Pid(42), Pid(300)});
}

TEST_CASE("a listing is new each time and leaks no descriptor", "[procfs]") {
  test::FakeProc proc;
  proc.process(1);
  ProcRoot opened = must(ProcRoot::open(proc.path()));
  const ProcRoot root = std::move(opened);
  const ProcessDir self = test::own_process();
  const std::uint64_t before = must(count_fd_names(self));
  std::vector<Pid> pids;
  for (int pid = 2; pid < 500; ++pid) {
    must(root.list_pids(pids));
    REQUIRE(pids.size() == static_cast<std::size_t>(pid - 1));
    proc.file(std::to_string(pid) + "/stat", "");
  }
  proc.remove("17");
  must(root.list_pids(pids));
  CHECK(std::find(pids.begin(), pids.end(), Pid(17)) == pids.end());
  CHECK(must(count_fd_names(self)) == before);
}

TEST_CASE("the procfs of this machine is known for what it is", "[procfs]") {
  const ProcRoot root = must(ProcRoot::open("/proc/"));
  CHECK(root.path() == "/proc");
  CHECK(root.is_procfs());
  CHECK(root.shares_pid_namespace());
  std::vector<Pid> pids;
  must(root.list_pids(pids));
  CHECK(std::is_sorted(pids.begin(), pids.end()));
  CHECK(std::find(pids.begin(), pids.end(), Pid(::getpid())) != pids.end());
}

TEST_CASE("a procfs of an inner pid namespace does not share ours", "[procfs]") {
  if (test::lacks_root()) return;
  test::FakeProc place;
  place.process(1);
  const std::string mount_point = place.path() + "/1";
  // The child is PID 1 of a new PID namespace and mounts a procfs for it, in a mount namespace of
  // its own: it is reached through the child's root.
  const test::Child child([&mount_point] {
    if (::unshare(CLONE_NEWNS | CLONE_NEWPID) != 0) return false;
    if (::mount("none", "/", "", MS_REC | MS_PRIVATE, nullptr) != 0) return false;
    const pid_t init = ::fork();
    if (init < 0) return false;
    if (init == 0) {
      const bool mounted = ::mount("proc", mount_point.c_str(), "proc", 0, nullptr) == 0;
      test::Child::report_and_stay(mounted);
    }
    // The parent of PID 1 stays as well, so that the test's kill takes both.
    test::Child::stay();
  });
  if (!child.is_ready()) {
    test::skipped("cannot mount a procfs here");
    return;
  }
  const ProcRoot inner =
      must(ProcRoot::open("/proc/" + std::to_string(child.pid().value()) + "/root" + mount_point));
  std::vector<Pid> pids;
  must(inner.list_pids(pids));
  REQUIRE(pids == std::vector{Pid(1)});
  CHECK(inner.is_procfs());
  CHECK_FALSE(inner.shares_pid_namespace());
  CHECK(inner.counts_by_size() == test::real_proc().counts_by_size());
}

TEST_CASE("a reader whose number is the same in two pid namespaces is not misled", "[procfs]") {
  if (test::lacks_root()) return;
  // A child of a new PID namespace that has one number in there and in ours, as happens by chance.
  const int code = test::run_in_child([] {
    if (::unshare(CLONE_NEWPID) != 0) return 2;
    const pid_t init = ::fork();
    if (init == 0) test::Child::stay();
    if (init < 0) return 2;
    int status = 2 << 8U;
    for (pid_t number = init + 500; number < init + 600; ++number) {
      const std::array<pid_t, 2> numbers = {number, number};  // innermost first
      clone_args arguments{};
      arguments.exit_signal = SIGCHLD;
      arguments.set_tid = reinterpret_cast<std::uintptr_t>(numbers.data());
      arguments.set_tid_size = numbers.size();
      const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
      if (pid == 0) {
        const auto root = ProcRoot::open("/proc");
        std::array<char, 16> self{};
        const bool alike = ::readlink("/proc/self", self.data(), self.size() - 1) > 0 &&
                           std::to_string(::getpid()) == self.data();
        if (!alike || !root) ::_exit(3);
        ::_exit(root->shares_pid_namespace() ? 4 : 0);
      }
      if (pid < 0 && errno == EEXIST) continue;  // taken: the next one
      if (pid > 0) ::waitpid(static_cast<pid_t>(pid), &status, 0);
      break;
    }
    ::kill(init, SIGKILL);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 5;
  });
  if (code == 2) {
    test::skipped("PIDs cannot be chosen here");
    return;
  }
  CHECK(code == 0);
}

TEST_CASE("hidepid of a mounted procfs is seen", "[procfs]") {
  if (test::lacks_root()) return;
  test::FakeProc place;
  place.process(1);
  const std::string mount_point = place.path() + "/1";
  const int code = test::run_in_child([&mount_point] {
    if (::unshare(CLONE_NEWNS) != 0) return 2;
    if (::mount("none", "/", "", MS_REC | MS_PRIVATE, nullptr) != 0) return 2;
    if (::mount("proc", mount_point.c_str(), "proc", 0, "hidepid=2") != 0) return 2;
    const auto root = ProcRoot::open(mount_point);
    if (!root) return 3;
    const auto hidepid = read_hidepid(*root);
    if (!hidepid) return 4;
    return *hidepid == "invisible" || *hidepid == "2" ? 0 : 5;
  });
  if (code == 2) {
    test::skipped("cannot mount a procfs here");
    return;
  }
  CHECK(code == 0);
}
