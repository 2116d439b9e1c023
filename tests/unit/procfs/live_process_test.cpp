// Real processes and threads in states that a walk meets: dead, half dead, sharing and not.
#include <fcntl.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "live_support.hpp"
#include "procfs/cgroup.hpp"
#include "procfs/fd.hpp"
#include "procfs/fdinfo.hpp"
#include "procfs/file_reader.hpp"
#include "procfs/kcmp.hpp"
#include "procfs/limits.hpp"
#include "procfs/loadavg.hpp"
#include "procfs/stat.hpp"
#include "procfs/status.hpp"
#include "procfs/user_ns.hpp"

using namespace kcommons;
using namespace kcommons::procfs;
using kcommons::test::must;

namespace {

// The kind of the error, or nothing for a value.
template <typename T>
std::optional<ErrorKind> kind_of(const Result<T>& result) {
  if (result) return std::nullopt;
  return result.error().kind();
}

// Every reader on a process that is no more. What is wrong, or nothing.
std::string reader_that_does_not_say_gone(const ProcRoot& root, const ProcessDir& process) {
  std::string buffer;
  std::vector<Pid> tids;
  std::vector<int> numbers;
  std::vector<FdEntry> entries;
  constexpr auto kGone = ErrorKind::kGone;
  if (kind_of(read_stat(process, buffer)) != kGone) return "stat";
  if (kind_of(read_status(process, buffer)) != kGone) return "status";
  if (kind_of(read_limits(process, buffer)) != kGone) return "limits";
  if (kind_of(read_cgroup(process, buffer)) != kGone) return "cgroup";
  if (kind_of(process.list_threads(tids)) != kGone) return "task";
  if (kind_of(process.thread(process.pid())) != kGone) return "thread";
  if (kind_of(list_fds(process, entries)) != kGone) return "fd";
  if (kind_of(count_fd_names(process)) != kGone) return "fd names";
  if (kind_of(is_write_end(process, 0)) != kGone) return "fd mode";
  if (kind_of(list_fdinfo_numbers(process, numbers)) != kGone) return "fdinfo";
  if (kind_of(read_inotify_watches(process, 0, buffer)) != kGone) return "watches";
  if (kind_of(probe_inotify(process, 0, buffer)) != kGone) return "probe";
  if (kind_of(read_user_ns_inode(process)) != kGone) return "user ns";
  if (kind_of(read_user_ns_chain(process)) != kGone) return "user ns chain";
  if (kind_of(maps_whole_initial_namespace(process)) != kGone) return "uid_map";
  if (root.counts_by_size() && kind_of(count_fds_by_size(root, process)) != kGone) return "size";
  if (process.exists()) return "exists";
  return "";
}

// A task without memory belongs to root in procfs, so only root may list what a zombie does not
// have.
void check_no_descriptors(const ProcessDir& zombie) {
  const Result<std::uint64_t> names = count_fd_names(zombie);
  if (::geteuid() == 0) {
    CHECK(must(names) == 0);
  } else {
    CHECK(kind_of(names) == ErrorKind::kDenied);
  }
}

}  // namespace

TEST_CASE("facts of this process are what it knows of itself", "[procfs]") {
  const ProcessDir self = test::own_process();
  CHECK(self.name() == "/proc/" + std::to_string(::getpid()));
  CHECK(self.exists());
  std::string buffer;
  const Stat stat = must(read_stat(self, buffer));
  CHECK(stat.pid == Pid(::getpid()));
  CHECK(stat.ppid == Pid(::getppid()));
  CHECK(stat.start_time > 0);
  CHECK_FALSE(stat.is_kernel_thread());
  const Status status = must(read_status(self, buffer));
  CHECK(status.real_uid == Uid(::getuid()));
  CHECK(status.effective_uid == Uid(::geteuid()));
  CHECK(status.pid_namespace_depth == 1);
  CHECK(must(read_limits(self, buffer)).open_files.value_or(0) > 0);
  CHECK_FALSE(must(read_cgroup(self, buffer)).empty());
  const ProcRoot root = test::real_proc();
  CHECK(must(parse_total_threads(must(read_file(root.fd(), "loadavg", buffer)))) > 0);
}

TEST_CASE("a process that ended is gone for every reader and is not mixed up with another",
          "[procfs]") {
  const ProcRoot root = test::real_proc();
  test::Child child([] { return true; });
  REQUIRE(child.is_ready());
  const ProcessDir process = must(ProcessDir::open(root, child.pid()));
  std::string buffer;
  must(read_stat(process, buffer));
  child.kill_and_reap();
  CHECK(reader_that_does_not_say_gone(root, process).empty());
  CHECK(kind_of(ProcessDir::open(root, process.pid())) == ErrorKind::kGone);
}

TEST_CASE("an error about a process that ended is gone whatever the kernel called it", "[procfs]") {
  test::Child child([] { return true; });
  REQUIRE(child.is_ready());
  const ProcessDir process = test::real_process(child.pid());
  const Error denied = Error::from_errno(EACCES, "readlink fd/0");
  const Error invalid = Error::from_errno(EINVAL, "open uid_map");
  CHECK(process.explain(denied).kind() == ErrorKind::kDenied);
  CHECK(process.explain(denied).message() == process.name() + ": readlink fd/0: Permission denied");
  CHECK(process.explain(invalid).kind() == ErrorKind::kOther);
  child.kill_and_reap();
  CHECK(process.explain(denied).kind() == ErrorKind::kGone);
  CHECK(process.explain(invalid).kind() == ErrorKind::kGone);
  // These say something about the reader or about what was read.
  CHECK(process.explain(Error::from_errno(EMFILE, "open fd")).kind() == ErrorKind::kExhausted);
  CHECK(process.explain(Error::malformed("parse", "x")).kind() == ErrorKind::kMalformed);
}

TEST_CASE("a zombie has no descriptors but its other facts", "[procfs]") {
  const ProcRoot root = test::real_proc();
  test::Child child([] { return true; });
  REQUIRE(child.is_ready());
  const ProcessDir process = must(ProcessDir::open(root, child.pid()));
  std::string buffer;
  CHECK(must(count_fd_names(process)) > 0);
  child.kill_only();
  REQUIRE(test::eventually([&] { return must(read_stat(process, buffer)).is_zombie(); }));
  CHECK(process.exists());
  check_no_descriptors(process);
  CHECK(must(read_status(process, buffer)).real_uid == Uid(::getuid()));
  CHECK_FALSE(must(read_cgroup(process, buffer)).empty());
}

TEST_CASE("the descriptors of a process whose leader ended are found at its threads", "[procfs]") {
  const ProcRoot root = test::real_proc();
  // Raw threads: the child may use system calls only, and its leader must end without exit().
  const test::Child child([] {
    for (int i = 0; i < 100; ++i) {
      if (::eventfd(0, EFD_CLOEXEC) < 0) return false;
    }
    static std::atomic<int> running{0};
    for (int i = 0; i < 2; ++i) {
      std::thread([] {
        if (++running == 2) test::Child::report_and_stay(true);
        while (true) ::pause();
      }).detach();
    }
    ::syscall(SYS_exit, 0);
    return false;
  });
  REQUIRE(child.is_ready());
  const ProcessDir process = must(ProcessDir::open(root, child.pid()));
  std::string buffer;
  REQUIRE(test::eventually([&] { return must(read_stat(process, buffer)).is_zombie(); }));
  CHECK(must(read_stat(process, buffer)).num_threads >= 3);
  check_no_descriptors(process);
  if (root.counts_by_size()) CHECK(must(count_fds_by_size(root, process)) == 0);

  std::vector<Pid> tids;
  must(process.list_threads(tids));
  REQUIRE(tids.size() >= 3);
  CHECK(std::find(tids.begin(), tids.end(), child.pid()) != tids.end());
  std::erase(tids, child.pid());
  const ProcessDir first = must(process.thread(tids.front()));
  const ProcessDir second = must(process.thread(tids.back()));
  CHECK(first.name() == process.name() + "/task/" + std::to_string(tids.front().value()));
  CHECK(first.pid() == tids.front());
  std::vector<FdEntry> entries;
  must(list_fds(first, entries));
  CHECK(entries.size() >= 100);
  CHECK(must(count_fd_names(second)) == entries.size());
  if (root.counts_by_size()) CHECK(must(count_fds_by_size(root, first)) == entries.size());
  // One table, seen twice: it counts once.
  const auto shared = share_file_table(first.pid(), second.pid());
  if (shared || shared.error().code().value() != ENOSYS) CHECK(must(shared));
}

TEST_CASE("a thread that unshared its descriptors has a list of its own", "[procfs]") {
  const ProcRoot root = test::real_proc();
  std::promise<pid_t> ready;
  std::promise<void> done;
  std::thread thread([&ready, finished = done.get_future()]() mutable {
    const bool unshared = ::unshare(CLONE_FILES) == 0;
    std::vector<UniqueFd> own;
    for (int i = 0; unshared && i < 51; ++i) own.emplace_back(::eventfd(0, EFD_CLOEXEC));
    ready.set_value(unshared ? ::gettid() : -1);
    finished.wait();
  });
  const pid_t tid = ready.get_future().get();
  const ProcessDir self = test::own_process();
  const auto own = self.thread(Pid(tid));
  const std::uint64_t of_leader = must(count_fd_names(self));
  const std::uint64_t of_thread = own ? must(count_fd_names(*own)) : 0;
  std::vector<FdEntry> entries;
  if (own) must(list_fds(*own, entries));
  const auto shared = share_file_table(Pid(::getpid()), Pid(tid));
  done.set_value();
  thread.join();

  REQUIRE(tid > 0);
  REQUIRE(own);
  CHECK(std::count_if(entries.begin(), entries.end(),
                      [](const FdEntry& entry) { return entry.type == FdType::kEventfd; }) >= 51);
  CHECK(of_thread >= 51);
  CHECK(of_thread != of_leader);
  if (shared || shared.error().code().value() != ENOSYS) CHECK_FALSE(must(shared));
}

TEST_CASE("two processes after fork have tables of their own", "[procfs]") {
  const test::Child child([] { return true; });
  REQUIRE(child.is_ready());
  const auto shared = share_file_table(Pid(::getpid()), child.pid());
  if (!shared && shared.error().code().value() == ENOSYS) {
    test::skipped("this kernel has no kcmp");
    return;
  }
  CHECK_FALSE(must(shared));
  CHECK(must(share_file_table(child.pid(), child.pid())));
}

TEST_CASE("pids vanish while they are read and every failure is gone", "[procfs]") {
  if (test::lacks_root()) return;  // to others a zombie is denied until it is waited for
  const ProcRoot root = test::real_proc();
  std::string buffer;
  std::vector<FdEntry> entries;
  for (int round = 0; round < 50; ++round) {
    test::Child child([] { return true; });
    REQUIRE(child.is_ready());
    const ProcessDir process = must(ProcessDir::open(root, child.pid()));
    std::thread reaper([&child] { child.kill_and_reap(); });
    std::string wrong;
    while (wrong.empty()) {
      const auto listed = list_fds(process, entries);
      if (!listed && listed.error().kind() != ErrorKind::kGone) wrong = listed.error().message();
      const auto inode = read_user_ns_inode(process);
      if (!inode && inode.error().kind() != ErrorKind::kGone) wrong = inode.error().message();
      const auto limits = read_limits(process, buffer);
      if (!limits && limits.error().kind() != ErrorKind::kGone) wrong = limits.error().message();
      if (!process.exists()) break;
    }
    reaper.join();
    REQUIRE(wrong.empty());
  }
}
