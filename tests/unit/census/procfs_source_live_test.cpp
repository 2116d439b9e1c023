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
#include <functional>
#include <optional>
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

// The distance of two counts, whichever is greater.
std::uint64_t distance(std::uint64_t one, std::uint64_t other) {
  return one > other ? one - other : other - one;
}

// `fill(place)` takes files in a way that no descriptor shows: file-nr must count them and no
// process hold them. Other tests open and close thousands beside this one, so it looks until
// little but its own has changed; `place` gives everything back when it is destroyed.
template <class Place>
void check_counted_and_held_by_nobody(std::uint64_t files,
                                      const std::function<void(Place&)>& fill) {
  const SystemClock clock;
  const auto source = open_source(clock);
  std::int64_t counted = 0;
  const bool found = test::eventually([&] {
    Place place;
    const auto before = source->take_census({});
    REQUIRE(before);
    fill(place);
    const auto after = source->take_census({});
    REQUIRE(after);
    CHECK(held_by(*after, {::getpid()}).files == held_by(*before, {::getpid()}).files);
    counted = static_cast<std::int64_t>(*after->readings[0].used - *before->readings[0].used);
    return counted > 0 && distance(static_cast<std::uint64_t>(counted), files) < files / 4;
  });
  CAPTURE(counted);
  CHECK(found);
}

// Two ends of a socket; what was sent and never received goes with them.
struct SocketPair {
  UniqueFd sender;
  UniqueFd receiver;
  SocketPair() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0);
    sender = UniqueFd(ends[0]);
    receiver = UniqueFd(ends[1]);
  }
};

// Files that are mapped, one page each, and open nowhere.
class Mappings final {
 public:
  Mappings() = default;
  Mappings(const Mappings&) = delete;
  Mappings& operator=(const Mappings&) = delete;
  ~Mappings() {
    for (void* address : addresses_) ::munmap(address, kSize);
  }
  void add(const char* path) {
    const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
    void* address = ::mmap(nullptr, kSize, PROT_READ, MAP_SHARED, file.get(), 0);
    REQUIRE(address != MAP_FAILED);
    addresses_.push_back(address);
  }
  static constexpr std::size_t kSize = 4096;

 private:
  std::vector<void*> addresses_;
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
  constexpr int kFiles = 2000;
  constexpr int kPerMessage = 250;  // SCM_MAX_FD is 253 (include/net/scm.h)
  check_counted_and_held_by_nobody<SocketPair>(kFiles, [](SocketPair& socket) {
    for (int sent = 0; sent < kFiles; sent += kPerMessage) {
      std::vector<UniqueFd> files;
      std::vector<int> numbers;
      for (int i = 0; i < kPerMessage; ++i) {
        numbers.push_back(files.emplace_back(::eventfd(0, EFD_CLOEXEC)).get());
      }
      REQUIRE(test::send_descriptors(socket.sender.get(), numbers));
    }
  });
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
  const UniqueFd file(::mkstemp(path));
  REQUIRE(file.is_open());
  REQUIRE(::ftruncate(file.get(), Mappings::kSize) == 0);
  constexpr int kFiles = 2000;
  check_counted_and_held_by_nobody<Mappings>(kFiles, [&path](Mappings& mappings) {
    for (int i = 0; i < kFiles; ++i) mappings.add(path);
  });
  ::unlink(path);
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
  // Others open and close files meanwhile: it looks until few of them have.
  std::optional<PoolsReading> reading;
  std::uint64_t limit = 0;
  CHECK(test::eventually([&] {
    auto read = source->read_pools();
    std::uint64_t used = 0;
    std::uint64_t unused = 0;
    std::ifstream("/proc/sys/fs/file-nr") >> used >> unused >> limit;
    if (!read || !read->readings[0].used) return false;
    reading = std::move(*read);
    return distance(*reading->readings[0].used, used) < 500;
  }));
  REQUIRE(reading);
  if (limit < 9223372036854775807ULL) CHECK(reading->readings[0].limit->value == limit);
  std::uint64_t watches = 0;
  std::ifstream("/proc/sys/fs/inotify/max_user_watches") >> watches;
  CHECK(reading->readings[2].limit->value == watches);
}
