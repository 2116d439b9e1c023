// What a reader sees with which rights, on the real kernel. The target is this process, which must
// be root's for the rights to make a difference.
#include <linux/capability.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "fake_proc.hpp"
#include "live_support.hpp"
#include "procfs/cgroup.hpp"
#include "procfs/fd.hpp"
#include "procfs/fdinfo.hpp"
#include "procfs/status.hpp"
#include "procfs/user_ns.hpp"

using namespace kcommons;
using namespace kcommons::procfs;
using kcommons::test::must;

namespace {

constexpr std::uint64_t kDacReadSearch = std::uint64_t{1} << CAP_DAC_READ_SEARCH;
constexpr std::uint64_t kSysPtrace = std::uint64_t{1} << CAP_SYS_PTRACE;

// The bits of the answer that a child gives in its exit status.
enum Seen : int {
  kSize = 1,
  kNames = 2,
  kLinks = 4,
  kWatches = 8,
  kNamespace = 16,
  kWorld = 32,  // status, cgroup, uid_map
  kWrongKind = 64
};

int what_is_seen(Pid target, int inotify) {
  const auto root = ProcRoot::open("/proc");
  if (!root) return 0;
  const auto process = ProcessDir::open(*root, target);
  if (!process) return 0;
  std::string buffer;
  std::vector<FdEntry> entries(1);
  std::vector<int> numbers(1);
  int seen = 0;
  const auto note = [&seen](int bit, const auto& result) {
    if (result) {
      seen |= bit;
    } else if (result.error().kind() != ErrorKind::kDenied) {
      seen |= kWrongKind;
    }
  };
  if (!root->counts_by_size() || count_fds_by_size(*root, *process)) seen |= kSize;
  note(kNames, count_fd_names(*process));
  const auto listed = list_fds(*process, entries);
  note(kLinks, listed);
  if (!listed && !entries.empty()) seen |= kWrongKind;
  if (list_fdinfo_numbers(*process, numbers)) {
    const auto watches = probe_inotify(*process, inotify, buffer);
    note(kWatches, watches);
    if (watches && (!*watches || (*watches)->count != 1)) seen |= kWrongKind;
  } else if (!numbers.empty()) {
    seen |= kWrongKind;
  }
  note(kNamespace, read_user_ns_inode(*process));
  if (read_status(*process, buffer) && read_cgroup(*process, buffer) &&
      maps_whole_initial_namespace(*process)) {
    seen |= kWorld;
  }
  return seen;
}

}  // namespace

TEST_CASE("readers say what they may not see and never show less", "[procfs]") {
  if (test::lacks_root()) return;
  test::FakeProc place;
  const UniqueFd inotify = test::opened(::inotify_init1(IN_CLOEXEC), "inotify");
  REQUIRE(::inotify_add_watch(inotify.get(), place.path().c_str(), IN_CREATE) > 0);
  const Pid target(::getpid());
  struct Row {
    const char* reader;
    std::uint64_t capabilities;
    int seen;
  };
  const std::vector<Row> rows = {
      {"none", 0, kSize | kWorld},
      {"CAP_DAC_READ_SEARCH", kDacReadSearch, kSize | kNames | kWorld},
      {"CAP_SYS_PTRACE", kSysPtrace, kSize | kWatches | kNamespace | kWorld},
      {"both", kDacReadSearch | kSysPtrace,
       kSize | kNames | kLinks | kWatches | kNamespace | kWorld},
  };
  for (const Row& row : rows) {
    CAPTURE(row.reader);
    const int seen =
        test::run_as_nobody(row.capabilities, [&] { return what_is_seen(target, inotify.get()); });
    if (seen < 0) {
      test::skipped("these rights cannot be set here");
      continue;
    }
    CHECK(seen == row.seen);
  }
}

TEST_CASE("a process that ends under a reader without rights is gone and not denied", "[procfs]") {
  if (test::lacks_root()) return;
  test::Child target([] { return true; });
  REQUIRE(target.is_ready());
  const ProcessDir process = test::real_process(target.pid());
  // Both kinds in one exit status.
  const auto kinds = [&process] {
    std::vector<FdEntry> entries;
    const auto listed = list_fds(process, entries);
    const auto inode = read_user_ns_inode(process);
    if (listed || inode) return 100;
    return 10 * static_cast<int>(listed.error().kind()) + static_cast<int>(inode.error().kind());
  };
  const int alive = test::run_as_nobody(0, kinds);
  if (alive < 0) {
    test::skipped("these rights cannot be set here");
    return;
  }
  CHECK(alive == 11 * static_cast<int>(ErrorKind::kDenied));
  target.kill_and_reap();
  CHECK(test::run_as_nobody(0, kinds) == 11 * static_cast<int>(ErrorKind::kGone));
}
