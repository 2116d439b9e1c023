// Two sources, one machine: what procfs can see, both must tell alike. Exactly for processes that
// the test holds still, within half a percent for all others, which come and go.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "census/bpf_source.hpp"
#include "census/procfs_source.hpp"
#include "live_support.hpp"

using namespace kcommons;
using namespace kcommons::census;
using kcommons::test::must;

namespace {

struct Both {
  Census procfs;
  Census bpf;
};

Both take() {
  const SystemClock clock;
  const auto procfs =
      must(ProcfsSource::open({.root = "/proc", .layouts = cgroup::Layouts::built_in()}, clock));
  const auto bpf = must(BpfSource::open({.layouts = cgroup::Layouts::built_in()}, clock));
  Both both;
  both.procfs = must(procfs->take_census({}));
  both.bpf = must(bpf->take_census({}));
  return both;
}

const ProcessRecord* find(const Census& census, Pid pid) {
  const auto at = std::ranges::find(census.processes, pid, &ProcessRecord::pid);
  return at == census.processes.end() ? nullptr : &*at;
}

// procfs cannot tell regular files from directories, nor a FIFO with a name from them.
std::uint64_t of_type(const ProcessRecord& process, DescriptorType type) {
  const DescriptorCounts& counts = process.by_type.value();
  const auto count = [&](DescriptorType one) { return counts[static_cast<std::size_t>(one)]; };
  if (type != DescriptorType::kFile) return count(type);
  return count(type) + count(DescriptorType::kRegular) + count(DescriptorType::kDirectory);
}

void check_alike(const Both& both, Pid pid) {
  CAPTURE(pid.value());
  const ProcessRecord* const left = find(both.procfs, pid);
  const ProcessRecord* const right = find(both.bpf, pid);
  REQUIRE(left != nullptr);
  REQUIRE(right != nullptr);
  CHECK(left->parent == right->parent);
  CHECK(left->start_time == right->start_time);
  CHECK(left->effective_uid == right->effective_uid);
  CHECK(left->alive == right->alive);
  CHECK(left->privileges == right->privileges);
  CHECK(left->descriptor_limit == right->descriptor_limit);
  CHECK(left->descriptors == right->descriptors);
  CHECK(left->table_descriptors == right->table_descriptors);
  // A zombie has left its cgroups of version 1 for procfs (proc_cgroup_show), which is why that
  // source remembers.
  if (left->alive) {
    CHECK(both.procfs.placements.at(left->placement) == both.bpf.placements.at(right->placement));
  }
  REQUIRE(left->user_ns != kNoIndex);
  REQUIRE(right->user_ns != kNoIndex);
  CHECK(both.procfs.user_namespaces.at(left->user_ns).inode ==
        both.bpf.user_namespaces.at(right->user_ns).inode);
  for (std::size_t i = 0; i < procfs::kFdTypeCount; ++i) {
    const auto type = static_cast<DescriptorType>(i);
    if (type == DescriptorType::kRegular || type == DescriptorType::kDirectory) continue;
    CAPTURE(procfs::name_of(type));
    CHECK(of_type(*left, type) == of_type(*right, type));
  }
}

// Of the instances that this process holds: the watches of each, sorted.
std::vector<std::uint64_t> watches_of(const Census& census, Pid pid) {
  std::vector<std::uint64_t> watches;
  for (const NotifyGroup& group : census.notify_groups) {
    const bool held = std::ranges::any_of(
        group.holders, [&](std::uint32_t holder) { return census.processes[holder].pid == pid; });
    if (held) watches.push_back(group.watches.value_or(0));
  }
  std::ranges::sort(watches);
  return watches;
}

bool open_some_of_each(const char* folder) {
  int ends[2] = {-1, -1};
  for (int i = 0; i < 7; ++i) {
    if (::open("/etc/passwd", O_RDONLY) < 0 || ::open("/etc", O_RDONLY) < 0) return false;
    if (::open("/dev/null", O_RDWR) < 0 || ::open(folder, O_PATH) < 0) return false;
    if (::pipe(ends) != 0 || ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return false;
    if (::eventfd(0, 0) < 0 || ::timerfd_create(CLOCK_MONOTONIC, 0) < 0) return false;
    if (::epoll_create1(0) < 0 || ::memfd_create("a name", 0) < 0) return false;
    if (::dup(0) < 0) return false;
    const int instance = ::inotify_init1(0);
    if (instance < 0) return false;
    for (int j = 0; j < i; ++j) {
      if (::inotify_add_watch(instance, j % 2 == 0 ? "/etc" : "/usr", IN_CREATE) < 0) return false;
    }
  }
  return true;
}

// Of all processes that both have seen, with all that belongs to them.
struct Total {
  std::uint64_t processes = 0;
  std::uint64_t descriptors = 0;
  bool is_near(const Total& other) const {
    const auto near = [](std::uint64_t a, std::uint64_t b) {
      const double larger = static_cast<double>(std::max(a, b));
      return std::abs(static_cast<double>(a) - static_cast<double>(b)) <= larger * 0.005;
    };
    return near(processes, other.processes) && near(descriptors, other.descriptors);
  }
};

Total total_of(const Census& census, const Census& other) {
  Total total;
  for (const ProcessRecord& process : census.processes) {
    const ProcessRecord* const twin = find(other, process.pid);
    if (twin == nullptr || !process.by_type || !twin->by_type) continue;
    ++total.processes;
    total.descriptors += *process.descriptors;
  }
  return total;
}

}  // namespace

TEST_CASE("both sources tell the same of a process that holds still", "[census][bpf]") {
  const test::Child plain([] { return open_some_of_each("/"); });
  REQUIRE(plain.is_ready());
  const test::Child limited([] {
    const rlimit limit{.rlim_cur = 300, .rlim_max = 300};
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 && open_some_of_each("/tmp");
  });
  REQUIRE(limited.is_ready());
  const Both both = take();
  for (const Pid pid : {plain.pid(), limited.pid()}) {
    check_alike(both, pid);
    CHECK(watches_of(both.procfs, pid) == watches_of(both.bpf, pid));
  }
  CHECK(find(both.bpf, limited.pid())->descriptor_limit == catalogue::Limit{300});
}

TEST_CASE("both sources tell the same of a process of another user", "[census][bpf]") {
  if (test::lacks_root()) return;
  const test::Child child(
      [] { return open_some_of_each("/") && ::setresuid(60011, 60012, 60012) == 0; });
  REQUIRE(child.is_ready());
  check_alike(take(), child.pid());
}

TEST_CASE("both sources tell a zombie and what inherited from it", "[census][bpf]") {
  test::Child child([] {
    const pid_t inner = ::fork();
    if (inner == 0) ::_exit(0);
    return inner > 0;
  });
  REQUIRE(child.is_ready());
  child.kill_only();
  REQUIRE(test::eventually([&] {
    const Both both = take();
    const ProcessRecord* const left = find(both.procfs, child.pid());
    return left != nullptr && !left->alive;
  }));
  check_alike(take(), child.pid());
}

TEST_CASE("over the whole machine both sources differ by half a percent at most", "[census][bpf]") {
  std::vector<std::unique_ptr<test::Child>> children;
  for (int i = 0; i < 20; ++i) {
    children.push_back(std::make_unique<test::Child>([] { return open_some_of_each("/"); }));
  }
  Total left;
  Total right;
  const bool near = test::eventually([&] {
    const Both both = take();
    left = total_of(both.procfs, both.bpf);
    right = total_of(both.bpf, both.procfs);
    return left.is_near(right);
  });
  CAPTURE(left.processes, left.descriptors, right.processes, right.descriptors);
  CHECK(near);
  CHECK(left.processes > 20);
}
