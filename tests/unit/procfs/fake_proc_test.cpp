// The fake tree is read through the real readers: other tests rely on what it says.
#include "fake_proc.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "live_support.hpp"
#include "procfs/cgroup.hpp"
#include "procfs/fd.hpp"
#include "procfs/limits.hpp"
#include "procfs/stat.hpp"
#include "procfs/status.hpp"
#include "procfs/user_ns.hpp"

using namespace kcommons;
using namespace kcommons::procfs;
using kcommons::test::must;

TEST_CASE("a fake process has sensible defaults", "[procfs]") {
  test::FakeProc proc;
  proc.process(42);
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  const ProcessDir process = must(ProcessDir::open(root, Pid(42)));
  std::string buffer;
  const Stat stat = must(read_stat(process, buffer));
  CHECK(stat.pid == Pid(42));
  CHECK(stat.ppid == Pid(1));
  CHECK(stat.state == 'S');
  CHECK(stat.start_time == 42);
  CHECK(stat.num_threads == 1);
  const Status status = must(read_status(process, buffer));
  CHECK(status.effective_uid == Uid(0));
  CHECK(status.effective_capabilities == 0);
  CHECK(must(read_limits(process, buffer)).open_files == 1024);
  CHECK(must(read_cgroup(process, buffer)) == "0::/\n");
  CHECK(must(read_user_ns_inode(process)) == kInitialUserNs);
  CHECK(must(maps_whole_initial_namespace(process)));
  CHECK(must(count_fd_names(process)) == 0);
}

TEST_CASE("what is set on a fake process is what the readers see", "[procfs]") {
  test::FakeProc proc;
  proc.process(42)
      .comm("we(b)")
      .state('D')
      .parent(7)
      .start_time(99)
      .uids(1000, 1001)
      .capabilities(0x200000)
      .pid_namespace_depth(2)
      .limits(std::nullopt)
      .user_ns(4026532999)
      .uid_map("0 100000 65536\n")
      .cgroup("0::/a\n");
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  const ProcessDir process = must(ProcessDir::open(root, Pid(42)));
  std::string buffer;
  const Stat stat = must(read_stat(process, buffer));
  CHECK(stat.comm == "we(b)");
  CHECK(stat.state == 'D');
  CHECK(stat.ppid == Pid(7));
  CHECK(stat.start_time == 99);
  const Status status = must(read_status(process, buffer));
  CHECK(status.real_uid == Uid(1000));
  CHECK(status.effective_uid == Uid(1001));
  CHECK(status.effective_capabilities == 0x200000);
  CHECK(status.pid_namespace_depth == 2);
  CHECK_FALSE(must(read_limits(process, buffer)).open_files);
  CHECK(must(read_user_ns_inode(process)) == UserNsInode(4026532999));
  CHECK_FALSE(must(maps_whole_initial_namespace(process)));
}

TEST_CASE("threads of a fake process share its descriptors and a private one does not",
          "[procfs]") {
  test::FakeProc proc;
  proc.process(42).fds(3).threads({43, 44}).fd(5, "socket:[1]").close_fd(0);
  proc.process(42).private_thread(45).fds(10);
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  const ProcessDir process = must(ProcessDir::open(root, Pid(42)));
  std::vector<Pid> tids;
  must(process.list_threads(tids));
  CHECK(tids == std::vector{Pid(42), Pid(43), Pid(44), Pid(45)});
  const auto count = [&process](int tid) {
    return must(count_fd_names(must(process.thread(Pid(tid)))));
  };
  CHECK(count(42) == 3);
  CHECK(count(43) == 3);
  CHECK(count(45) == 10);
  std::string buffer;
  CHECK(must(read_stat(process, buffer)).num_threads == 4);

  proc.process(42).zombie();
  CHECK(must(count_fd_names(process)) == 0);
  CHECK(count(42) == 0);
  CHECK(count(44) == 3);
}

TEST_CASE("a fake process can be taken away and the tree leaves nothing behind", "[procfs]") {
  std::string path;
  {
    test::FakeProc proc;
    path = proc.path();
    proc.process(42).fds(3).threads({43});
    proc.remove_process(42);
    const ProcRoot root = must(ProcRoot::open(path));
    const auto process = ProcessDir::open(root, Pid(42));
    REQUIRE_FALSE(process);
    CHECK(process.error().kind() == ErrorKind::kGone);
    proc.process(42);  // a new one with the same number
    std::string buffer;
    CHECK(must(read_stat(must(ProcessDir::open(root, Pid(42))), buffer)).num_threads == 1);
  }
  struct stat status {};
  CHECK(::stat(path.c_str(), &status) != 0);
}

TEST_CASE("a denied file is denied to those without rights over it", "[procfs]") {
  if (test::lacks_root()) return;
  test::FakeProc proc;
  proc.process(42);
  REQUIRE(::chmod(proc.path().c_str(), 0755) == 0);
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  const ProcessDir process = must(ProcessDir::open(root, Pid(42)));
  std::string buffer;
  const auto read = [&] {
    const auto status = read_status(process, buffer);
    if (status) return 0;
    return status.error().kind() == ErrorKind::kDenied ? 1 : 2;
  };
  CHECK(test::run_as_nobody(0, read) == 0);
  proc.deny("42/status");
  CHECK(test::run_as_nobody(0, read) == 1);
}
