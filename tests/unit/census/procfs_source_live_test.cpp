// The census against this machine's own /proc: what the test opened must be found, to the number.

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "census/procfs_source.hpp"

using namespace kcommons;
using namespace kcommons::census;

namespace {

std::unique_ptr<ProcfsSource> open_source(const Clock& clock) {
  auto opened = ProcfsSource::open(
      {.root = "/proc", .layouts = cgroup::Layouts::built_in(), .inotify = {}}, clock);
  REQUIRE(opened);
  return std::move(*opened);
}

// What this process and the children given hold; other processes come and go.
struct Held {
  std::uint64_t descriptors = 0;
  std::uint64_t files = 0;
  std::uint64_t instances = 0;
  std::uint64_t watches = 0;
};

Held held_by(const Census& census, const std::vector<pid_t>& pids) {
  const auto is_ours = [&](const ProcessRecord& record) {
    return std::ranges::find(pids, record.pid.value()) != pids.end();
  };
  Held held;
  for (const ProcessRecord& record : census.processes) {
    if (!is_ours(record)) continue;
    held.descriptors += record.descriptors.value_or(0);
    held.files += record.files;
  }
  for (const InotifyGroup& group : census.inotify_groups) {
    if (!is_ours(census.processes[group.holders.front()])) continue;
    ++held.instances;
    held.watches += group.watches.value_or(0);
  }
  return held;
}

// Children that hold what they inherited until they are told to go.
class Children final {
 public:
  explicit Children(int count) {
    REQUIRE(::pipe2(gate_, O_CLOEXEC) == 0);
    for (int i = 0; i < count; ++i) {
      const pid_t pid = ::fork();
      REQUIRE(pid >= 0);
      if (pid == 0) {
        char byte = 0;
        ::close(gate_[1]);
        [[maybe_unused]] const auto got = ::read(gate_[0], &byte, 1);
        ::_exit(0);
      }
      pids_.push_back(pid);
    }
  }
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;
  ~Children() {
    ::close(gate_[1]);
    for (const pid_t pid : pids_) ::waitpid(pid, nullptr, 0);
    ::close(gate_[0]);
  }
  [[nodiscard]] std::vector<pid_t> with_self() const {
    std::vector<pid_t> all = pids_;
    all.push_back(::getpid());
    return all;
  }

 private:
  int gate_[2] = {-1, -1};
  std::vector<pid_t> pids_;
};

}  // namespace

TEST_CASE("descriptors that this process opens are found to the number", "[census][integration]") {
  const SystemClock clock;
  const auto source = open_source(clock);
  const auto census_of_self = [&] {
    auto census = source->take_census({});
    REQUIRE(census);
    return held_by(*census, {::getpid()});
  };
  const Held before = census_of_self();
  std::vector<UniqueFd> opened;
  for (int i = 0; i < 300; ++i) {
    opened.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    opened.emplace_back(::eventfd(0, EFD_CLOEXEC));
    opened.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  }
  const Held after = census_of_self();
  CHECK(after.descriptors - before.descriptors == 900);
  CHECK(after.files - before.files == 900);
}

TEST_CASE("forks and dups multiply descriptors and not files", "[census][integration]") {
  const SystemClock clock;
  const auto source = open_source(clock);
  std::vector<UniqueFd> opened;
  for (int i = 0; i < 200; ++i) opened.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  int pipe_ends[2];
  REQUIRE(::pipe2(pipe_ends, O_CLOEXEC) == 0);
  opened.emplace_back(pipe_ends[0]);
  opened.emplace_back(pipe_ends[1]);
  opened.emplace_back(::fcntl(opened.front().get(), F_DUPFD_CLOEXEC, 0));

  auto alone = source->take_census({});
  REQUIRE(alone);
  const Held before = held_by(*alone, {::getpid()});
  const Children children(10);
  auto census = source->take_census({});
  REQUIRE(census);
  const Held after = held_by(*census, children.with_self());
  CHECK(after.descriptors > before.descriptors + 10 * 200);
  // The two ends of the gate are the only new files.
  CHECK(after.files == before.files + 2);
}

TEST_CASE("an inotify instance over dup and fork is one with its watches once",
          "[census][integration]") {
  const SystemClock clock;
  const auto source = open_source(clock);
  const auto folder =
      std::filesystem::temp_directory_path() / ("kcommons-census-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  UniqueFd instance(::inotify_init1(IN_CLOEXEC));
  if (!instance.is_open()) {
    WARN("skipped: this user may create no inotify instance");
    return;
  }
  const UniqueFd twin(::fcntl(instance.get(), F_DUPFD_CLOEXEC, 0));
  const UniqueFd empty(::inotify_init1(IN_CLOEXEC));
  for (int i = 0; i < 50; ++i) {
    const auto path = folder / std::to_string(i);
    std::ofstream{path};
    REQUIRE(::inotify_add_watch(instance.get(), path.c_str(), IN_ATTRIB) >= 0);
    // The same inode again is the same watch.
    REQUIRE(::inotify_add_watch(instance.get(), path.c_str(), IN_OPEN) >= 0);
  }
  {
    const Children children(3);
    auto census = source->take_census({});
    REQUIRE(census);
    const Held held = held_by(*census, children.with_self());
    CHECK(held.instances == 2);
    CHECK(held.watches == 50);
    for (const InotifyGroup& group : census->inotify_groups) {
      if (census->processes[group.holders.front()].pid != Pid(::getpid())) continue;
      CHECK(group.holders.size() == 4);
      CHECK(group.charged_uid == Uid(::geteuid()));
    }
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("the readings are those of the kernel", "[census][integration]") {
  const SystemClock clock;
  const auto source = open_source(clock);
  const auto reading = source->read_pools();
  REQUIRE(reading);
  std::uint64_t used = 0;
  std::uint64_t unused = 0;
  std::uint64_t limit = 0;
  std::ifstream("/proc/sys/fs/file-nr") >> used >> unused >> limit;
  REQUIRE(reading->readings[0].used);
  CHECK(static_cast<double>(*reading->readings[0].used) ==
        Approx(static_cast<double>(used)).margin(500));
  if (limit < 9223372036854775807ULL) CHECK(reading->readings[0].limit->value == limit);
  std::uint64_t watches = 0;
  std::ifstream("/proc/sys/fs/inotify/max_user_watches") >> watches;
  CHECK(reading->readings[2].limit->value == watches);
}
