// The census against this machine's own /proc: what the test opened must be found, to the number.

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "census/procfs_source.hpp"
#include "live_support.hpp"

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
  for (const NotifyGroup& group : census.notify_groups) {
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

TEST_CASE("descriptors that this process opens are found to the number",
          "[census][integration][no-valgrind]") {
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

TEST_CASE("forks and dups multiply descriptors and not files",
          "[census][integration][no-valgrind]") {
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
    for (const NotifyGroup& group : census->notify_groups) {
      if (census->processes[group.holders.front()].pid != Pid(::getpid())) continue;
      CHECK(group.holders.size() == 4);
      CHECK(group.charged_uid == Uid(::geteuid()));
    }
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("files in flight over a socket are counted by the kernel and held by nobody",
          "[census][integration]") {
  const SystemClock clock;
  const auto source = open_source(clock);
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0);
  const UniqueFd sender(ends[0]);
  const UniqueFd receiver(ends[1]);
  auto before = source->take_census({});
  REQUIRE(before);
  constexpr int kFiles = 2000;
  constexpr int kPerMessage = 250;  // SCM_MAX_FD is 253 (include/net/scm.h)
  for (int sent = 0; sent < kFiles; sent += kPerMessage) {
    std::vector<UniqueFd> files;
    std::vector<int> numbers;
    for (int i = 0; i < kPerMessage; ++i) {
      numbers.push_back(files.emplace_back(::eventfd(0, EFD_CLOEXEC)).get());
    }
    REQUIRE(test::send_descriptors(sender.get(), numbers));
  }
  auto after = source->take_census({});
  REQUIRE(after);
  CHECK(held_by(*after, {::getpid()}).files == held_by(*before, {::getpid()}).files);
  // Others open and close files meanwhile, but not that many.
  CHECK(static_cast<double>(*after->readings[0].used) -
            static_cast<double>(*before->readings[0].used) ==
        Approx(kFiles).margin(1000));
}

TEST_CASE("files that are only mapped are counted by the kernel and held by nobody",
          "[census][integration]") {
  struct statfs file_system {};
  REQUIRE(::statfs("/tmp", &file_system) == 0);
  if (file_system.f_type == OVERLAYFS_SUPER_MAGIC) {
    WARN("skipped: the kernel does not count files that are mapped from overlayfs");
    return;
  }
  char path[] = "/tmp/kcommons-mapped-XXXXXX";
  const UniqueFd first(::mkstemp(path));
  REQUIRE(first.is_open());
  REQUIRE(::ftruncate(first.get(), 4096) == 0);
  const SystemClock clock;
  const auto source = open_source(clock);
  auto before = source->take_census({});
  REQUIRE(before);
  constexpr int kFiles = 2000;
  std::vector<void*> mapped;
  for (int i = 0; i < kFiles; ++i) {
    const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
    mapped.push_back(::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file.get(), 0));
    REQUIRE(mapped.back() != MAP_FAILED);
  }
  auto after = source->take_census({});
  for (void* address : mapped) ::munmap(address, 4096);
  ::unlink(path);
  REQUIRE(after);
  CHECK(held_by(*after, {::getpid()}).files == held_by(*before, {::getpid()}).files);
  CHECK(static_cast<double>(*after->readings[0].used) -
            static_cast<double>(*before->readings[0].used) ==
        Approx(kFiles).margin(1000));
}

TEST_CASE("a reader without a free descriptor gives up the census and still reads the pools",
          "[census][integration]") {
  const SystemClock clock;
  const auto source = open_source(clock);
  // UBSan looks at each dynamic type once, and needs a descriptor for it.
  REQUIRE(source->take_census({}));
  REQUIRE(source->read_pools());
  rlimit old{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &old) == 0);
  rlimit low = old;
  low.rlim_cur = 256;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  std::vector<UniqueFd> all;
  while (all.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC)).is_open()) {
  }
  const auto census = source->take_census({});
  const auto pools = source->read_pools();
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &old) == 0);
  REQUIRE_FALSE(census);
  CHECK(census.error().kind() == ErrorKind::kExhausted);
  REQUIRE(pools);
  CHECK(pools->readings[0].used);
  CHECK(pools->readings[2].limit);
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
