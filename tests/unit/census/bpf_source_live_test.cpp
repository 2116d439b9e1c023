// The census by BPF against this kernel: of each kind of object that counts in file-nr, a known
// number is made and must be found where it belongs.
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <linux/loop.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.hpp"
#include "census/bpf_source.hpp"
#include "fake_proc.hpp"
#include "live_support.hpp"

using namespace kcommons;
using namespace kcommons::census;
using kcommons::test::must;

namespace {

constexpr int kMany = 500;

std::unique_ptr<BpfSource> open_source(const Clock& clock) {
  return must(BpfSource::open({.layouts = cgroup::Layouts::built_in(),
                               .mappings = {.interval = std::chrono::milliseconds(0)}},
                              clock));
}

Census take(BpfSource& source) {
  must(source.read_pools());
  return must(source.take_census({}));
}

const ProcessRecord& record_of(const Census& census, Pid pid) {
  for (const ProcessRecord& process : census.processes) {
    if (process.pid == pid) return process;
  }
  FAIL("process " << pid.value() << " is not in the census");
  throw 0;
}

Pid self() {
  return Pid(::getpid());
}

std::uint64_t of_type(const ProcessRecord& process, DescriptorType type) {
  return process.by_type.value()[static_cast<std::size_t>(type)];
}

std::uint64_t files_of_cause(const Census& census, std::string_view cause) {
  for (const Unheld& files : census.unheld) {
    if (files.cause == cause) return files.amount;
  }
  return 0;
}

// How many open files this process has more than before, after `make`.
class Difference final {
 public:
  Difference() : source_(open_source(clock_)), before_(record_of(take(*source_), self())) {}
  // Of files booked here.
  std::int64_t files() {
    now_ = record_of(take(*source_), self());
    return static_cast<std::int64_t>(now_.files) - static_cast<std::int64_t>(before_.files);
  }
  // In the census of the last files().
  [[nodiscard]] std::int64_t descriptors() const {
    return static_cast<std::int64_t>(*now_.descriptors) -
           static_cast<std::int64_t>(*before_.descriptors);
  }
  [[nodiscard]] std::int64_t of(DescriptorType type) const {
    return static_cast<std::int64_t>(of_type(now_, type)) -
           static_cast<std::int64_t>(of_type(before_, type));
  }
  BpfSource& source() { return *source_; }

 private:
  SystemClock clock_;
  std::unique_ptr<BpfSource> source_;
  ProcessRecord before_;
  ProcessRecord now_;
};

template <typename Make>
std::vector<UniqueFd> make_many(Make make) {
  std::vector<UniqueFd> made;
  for (int i = 0; i < kMany; ++i) made.push_back(test::opened(make(), "make a descriptor"));
  return made;
}

// A directory of its own, on the file system of /var/tmp, which is a real one.
class Folder final {
 public:
  Folder() {
    std::string pattern = "/var/tmp/kcommons-test-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] std::string with_file(const std::string& name) const {
    std::ofstream(file(name)) << std::string(4096, 'x');
    return file(name);
  }

 private:
  std::string path_;
};

// Maps a file and closes it: nothing but the mapping holds it.
void* map_and_close(const std::string& path) {
  const UniqueFd file = test::opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC), path);
  void* const at = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, file.get(), 0);
  REQUIRE(at != MAP_FAILED);
  return at;
}

struct Pair {
  UniqueFd left;
  UniqueFd right;
};
Pair socket_pair() {
  int ends[2] = {-1, -1};
  REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// A ring; where none can be made it says that the test is skipped.
UniqueFd io_uring() {
  io_uring_params parameters{};
  UniqueFd ring(static_cast<int>(::syscall(SYS_io_uring_setup, 8, &parameters)));
  if (!ring.is_open()) test::skipped("io_uring cannot be used here");
  return ring;
}

}  // namespace

TEST_CASE("the master of a terminal is a device, and a terminal", "[census][bpf]") {
  if (test::lacks_root()) return;
  const SystemClock clock;
  const auto source = open_source(clock);
  const auto ptys = [&](const Census& census) {
    std::uint64_t held = 0;
    for (const HeldObject& object : census.objects) {
      const bool own = census.processes[object.process].pid == self();
      if (own && object.resource == catalogue::ResourceId::kPtys) held += object.amount;
    }
    return held;
  };
  const Census before = take(*source);
  const UniqueFd master = test::opened(::posix_openpt(O_RDWR | O_NOCTTY), "posix_openpt");
  const Census after = take(*source);
  CHECK(of_type(record_of(after, self()), DescriptorType::kDevice) ==
        of_type(record_of(before, self()), DescriptorType::kDevice) + 1);
  CHECK(ptys(after) == ptys(before) + 1);
}

TEST_CASE("each kind of descriptor is a file of its type", "[census][bpf]") {
  Difference difference;
  using Type = DescriptorType;
  const auto check = [&](Type type, auto make) {
    const auto made = make_many(make);
    CHECK(difference.files() == kMany);
    CHECK(difference.descriptors() == kMany);
    CHECK(difference.of(type) == kMany);
  };
  check(Type::kDevice, [] { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); });
  check(Type::kRegular, [] { return ::open("/etc/passwd", O_RDONLY | O_CLOEXEC); });
  check(Type::kRegular, [] { return ::open("/etc/passwd", O_PATH | O_CLOEXEC); });
  check(Type::kDirectory, [] { return ::open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  check(Type::kMemfd, [] { return ::memfd_create("test", MFD_CLOEXEC); });
  check(Type::kEventfd, [] { return ::eventfd(0, EFD_CLOEXEC); });
  check(Type::kEpoll, [] { return ::epoll_create1(EPOLL_CLOEXEC); });
  check(Type::kTimerfd, [] { return ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC); });
  check(Type::kSocket, [] { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); });
}

TEST_CASE("both ends of a pipe are files", "[census][bpf]") {
  Difference difference;
  // A shell's usual limit of descriptors is 1024.
  constexpr int kPipes = kMany / 2;
  std::vector<UniqueFd> made;
  for (int i = 0; i < kPipes; ++i) {
    int ends[2] = {-1, -1};
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    made.emplace_back(ends[0]);
    made.emplace_back(ends[1]);
  }
  CHECK(difference.files() == 2 * kPipes);
  CHECK(difference.of(DescriptorType::kPipe) == 2 * kPipes);
}

TEST_CASE("what is duplicated or inherited is no file more", "[census][bpf]") {
  Difference difference;
  const UniqueFd one = test::opened(::eventfd(0, EFD_CLOEXEC), "eventfd");
  const auto copies = make_many([&] { return ::fcntl(one.get(), F_DUPFD_CLOEXEC, 0); });
  CHECK(difference.files() == 1);
  CHECK(difference.descriptors() == kMany + 1);
  const test::Child child([] { return true; });
  CHECK(difference.files() == 1);
  const Census census = take(difference.source());
  CHECK(*record_of(census, child.pid()).descriptors >= kMany);
  CHECK(record_of(census, child.pid()).files < 20);
}

TEST_CASE("a file that is only mapped is its process's", "[census][bpf]") {
  const Folder folder;
  const std::string path = folder.with_file("mapped");
  Difference difference;
  std::vector<void*> mapped;
  for (int i = 0; i < kMany; ++i) mapped.push_back(map_and_close(path));
  CHECK(difference.files() == kMany);
  CHECK(difference.descriptors() == 0);
  for (void* const at : mapped) ::munmap(at, 4096);
  CHECK(difference.files() == 0);
}

TEST_CASE("on overlayfs an open file counts and a mapped one does not", "[census][bpf]") {
  if (test::lacks_root()) return;
  const Folder folder;
  for (const char* name : {"lower", "upper", "work", "merged"}) {
    std::filesystem::create_directory(folder.file(name));
  }
  const std::string below = folder.with_file("lower/file");
  const std::string options = "lowerdir=" + folder.file("lower") +
                              ",upperdir=" + folder.file("upper") +
                              ",workdir=" + folder.file("work");
  const std::string merged = folder.file("merged");
  if (::mount("overlay", merged.c_str(), "overlay", 0, options.c_str()) != 0) {
    test::skipped("overlayfs cannot be mounted here");
    return;
  }
  {
    Difference difference;
    std::vector<void*> mapped;
    for (int i = 0; i < kMany; ++i) mapped.push_back(map_and_close(merged + "/file"));
    CHECK(difference.files() == 0);
    for (void* const at : mapped) ::munmap(at, 4096);
    const auto made =
        make_many([&] { return ::open((merged + "/file").c_str(), O_RDONLY | O_CLOEXEC); });
    CHECK(difference.files() == kMany);
  }
  CHECK(::umount(merged.c_str()) == 0);
}

TEST_CASE("a program that runs is one file, with those that it has mapped", "[census][bpf]") {
  const test::Child child([] {
    ::execl("/bin/sleep", "sleep", "1000", static_cast<char*>(nullptr));
    return false;
  });
  const std::string maps = "/proc/" + std::to_string(child.pid().value()) + "/maps";
  const auto mapped_inodes = [&] {
    std::set<std::string> inodes;
    std::ifstream stream(maps);
    for (std::string line; std::getline(stream, line);) {
      std::istringstream words(line);
      std::string range;
      std::string rights;
      std::string offset;
      std::string device;
      std::string inode;
      words >> range >> rights >> offset >> device >> inode;
      if (inode != "0") inodes.insert(device + inode);
    }
    return inodes.size();
  };
  // Until it has loaded its locale.
  std::size_t before = 0;
  REQUIRE(test::eventually([&] {
    std::ifstream stream("/proc/" + std::to_string(child.pid().value()) + "/comm");
    std::string name;
    std::getline(stream, name);
    const std::size_t now = mapped_inodes();
    const bool settled = name == "sleep" && now > 1 && now == before;
    before = now;
    ::usleep(50'000);
    return settled;
  }));
  const SystemClock clock;
  const auto source = open_source(clock);
  // What it has open was inherited from here, where it is booked.
  CHECK(record_of(take(*source), child.pid()).files == mapped_inodes());
}

TEST_CASE("descriptors in flight are the receiver's", "[census][bpf]") {
  Difference difference;
  const Pair pair = socket_pair();
  constexpr int kEach = 100;
  int sent = 0;
  for (int i = 0; i < 5; ++i) {
    std::vector<UniqueFd> made;
    std::vector<int> numbers;
    for (int j = 0; j < kEach; ++j) {
      made.push_back(test::opened(::eventfd(0, EFD_CLOEXEC), "eventfd"));
      numbers.push_back(made.back().get());
    }
    REQUIRE(test::send_descriptors(pair.left.get(), numbers));
    sent += kEach;
  }
  // With the two ends of the pair.
  CHECK(difference.files() == sent + 2);
  CHECK(difference.descriptors() == 2);
}

TEST_CASE("a file in flight that a descriptor holds as well is one", "[census][bpf]") {
  Difference difference;
  const Pair pair = socket_pair();
  const UniqueFd file = test::opened(::eventfd(0, EFD_CLOEXEC), "eventfd");
  const std::array<int, 2> twice{file.get(), file.get()};
  for (int i = 0; i < 20; ++i) REQUIRE(test::send_descriptors(pair.left.get(), twice));
  CHECK(difference.files() == 3);
}

TEST_CASE("no number of descriptors in flight is too large for the walk", "[census][bpf]") {
  Difference difference;
  const Pair pair = socket_pair();
  std::vector<UniqueFd> made;
  std::vector<int> numbers;
  for (int i = 0; i < 253; ++i) {
    made.push_back(test::opened(::eventfd(0, EFD_CLOEXEC), "eventfd"));
    numbers.push_back(made.back().get());
  }
  // More than the ring buffer has room for, each of them told as a descriptor holds it as well.
  for (int i = 0; i < 250; ++i) REQUIRE(test::send_descriptors(pair.left.get(), numbers));
  CHECK(difference.files() == 253 + 2);
  CHECK(difference.descriptors() == 253 + 2);
  made.clear();
  CHECK(difference.files() == 253 + 2);
  CHECK(difference.descriptors() == 2);
}

TEST_CASE("inotify groups in flight are the receiver's, however many", "[census][bpf]") {
  const SystemClock clock;
  const auto source = open_source(clock);
  const auto groups = [&] {
    const Census census = take(*source);
    return std::ranges::count_if(census.notify_groups, [&](const NotifyGroup& group) {
      return std::ranges::any_of(group.holders, [&](std::uint32_t holder) {
        return census.processes.at(holder).pid == self();
      });
    });
  };
  const auto before = groups();
  const Pair pair = socket_pair();
  std::vector<UniqueFd> made;
  std::vector<int> numbers;
  for (int i = 0; i < 20; ++i) {
    made.push_back(test::opened(::inotify_init1(IN_CLOEXEC), "inotify instance"));
    numbers.push_back(made.back().get());
  }
  // All of them in each message, so that more are met than the programs can remember.
  for (int i = 0; i < 250; ++i) REQUIRE(test::send_descriptors(pair.left.get(), numbers));
  made.clear();
  CHECK(groups() - before == 20);
}

TEST_CASE("files registered with io_uring are the ring's holder's", "[census][bpf]") {
  const UniqueFd ring = io_uring();
  if (!ring.is_open()) return;
  Difference difference;
  std::vector<int> numbers;
  {
    auto made = make_many([] { return ::eventfd(0, EFD_CLOEXEC); });
    for (const UniqueFd& fd : made) numbers.push_back(fd.get());
    REQUIRE(::syscall(SYS_io_uring_register, ring.get(), IORING_REGISTER_FILES, numbers.data(),
                      static_cast<unsigned>(numbers.size())) == 0);
  }
  CHECK(difference.files() == kMany);
  CHECK(difference.descriptors() == 0);
  CHECK(::syscall(SYS_io_uring_register, ring.get(), IORING_UNREGISTER_FILES, nullptr, 0) == 0);
}

TEST_CASE("no number of files registered with io_uring is too large", "[census][bpf]") {
  const UniqueFd ring = io_uring();
  if (!ring.is_open()) return;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit most{.rlim_cur = before.rlim_max, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &most) == 0);
  Difference difference;
  const UniqueFd file = test::opened(::eventfd(0, EFD_CLOEXEC), "eventfd");
  // As many as may be registered, all the same file.
  const std::vector<int> numbers(std::min<rlim_t>(most.rlim_cur, 1U << 17), file.get());
  REQUIRE(::syscall(SYS_io_uring_register, ring.get(), IORING_REGISTER_FILES, numbers.data(),
                    static_cast<unsigned>(numbers.size())) == 0);
  CHECK(difference.files() == 1);
  CHECK(::syscall(SYS_io_uring_register, ring.get(), IORING_UNREGISTER_FILES, nullptr, 0) == 0);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}

TEST_CASE("the ring of an AIO context is a file of its process", "[census][bpf]") {
  Difference difference;
  std::vector<aio_context_t> contexts(20);
  for (aio_context_t& context : contexts) {
    if (::syscall(SYS_io_setup, 1, &context) != 0) {
      test::skipped("AIO cannot be used here");
      return;
    }
  }
  CHECK(difference.files() == 20);
  for (const aio_context_t context : contexts) ::syscall(SYS_io_destroy, context);
}

TEST_CASE("the backing file of a loop device is told by its cause", "[census][bpf]") {
  if (test::lacks_root()) return;
  const Folder folder;
  const UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  const int number = control.is_open() ? ::ioctl(control.get(), LOOP_CTL_GET_FREE) : -1;
  const std::string device = "/dev/loop" + std::to_string(number);
  UniqueFd loop(number < 0 ? -1 : ::open(device.c_str(), O_RDWR | O_CLOEXEC));
  UniqueFd backing(::open(folder.with_file("image").c_str(), O_RDWR | O_CLOEXEC));
  if (!loop.is_open()) {
    test::skipped("loop devices cannot be used here");
    return;
  }
  Difference difference;
  const std::uint64_t before = files_of_cause(take(difference.source()), "loop_devices");
  REQUIRE(::ioctl(loop.get(), LOOP_SET_FD, backing.get()) == 0);
  backing.reset();
  CHECK(files_of_cause(take(difference.source()), "loop_devices") == before + 1);
  CHECK(difference.files() == -1);
  CHECK(::ioctl(loop.get(), LOOP_CLR_FD, 0) == 0);
}

TEST_CASE("loop devices that cannot be counted are not told as a cause", "[census][bpf]") {
  test::FakeProc sys;
  const SystemClock clock;
  const auto source = must(BpfSource::open(
      {.sysfs = sys.path(), .layouts = cgroup::Layouts::built_in(), .mappings = {}}, clock));
  const auto is_told = [](const Census& census) {
    return std::ranges::find(census.unheld, "loop_devices", &Unheld::cause) != census.unheld.end();
  };
  CHECK_FALSE(is_told(take(*source)));  // no sysfs
  sys.file("block/vda/size", "1\n");
  CHECK(is_told(take(*source)));
  sys.remove("block").file("block", "");
  CHECK_FALSE(is_told(take(*source)));
}

TEST_CASE("a table that a thread has made its own is its process's", "[census][bpf]") {
  Difference difference;
  std::atomic<int> state{0};
  std::thread thread([&] {
    if (::unshare(CLONE_FILES) == 0) {
      std::vector<UniqueFd> made;
      for (int i = 0; i < kMany; ++i) made.emplace_back(::eventfd(0, EFD_CLOEXEC));
      state = 1;
      while (state == 1) ::usleep(1000);
      return;
    }
    state = 2;
  });
  while (state == 0) ::usleep(1000);
  CHECK(difference.files() == kMany);
  CHECK(difference.descriptors() >= kMany);
  state = 3;
  thread.join();
}

namespace {

// Runs in a thread of a child whose leader has gone.
void* open_and_stay(void* /*unused*/) {
  ::usleep(50'000);
  for (int i = 0; i < kMany; ++i) ::eventfd(0, EFD_CLOEXEC);
  test::Child::report_and_stay(true);
}

}  // namespace

TEST_CASE("files of a process whose leader is a zombie are counted once", "[census][bpf]") {
  const test::Child child([] {
    pthread_t thread{};
    for (int i = 0; i < 2; ++i) {
      pthread_t idle{};
      ::pthread_create(
          &idle, nullptr, [](void*) -> void* { test::Child::stay(); }, nullptr);
    }
    if (::pthread_create(&thread, nullptr, open_and_stay, nullptr) != 0) return false;
    ::syscall(SYS_exit, 0);
    return false;
  });
  REQUIRE(child.is_ready());
  const SystemClock clock;
  const auto source = open_source(clock);
  const Census census = take(*source);
  const ProcessRecord& record = record_of(census, child.pid());
  CHECK(record.alive);
  CHECK(of_type(record, DescriptorType::kEventfd) == kMany);
  CHECK(record.files >= kMany);
  CHECK(record.files < kMany + 20);
}

namespace {

// Open files of the machine that neither a process nor a cause accounts for.
std::int64_t unexplained(const Census& census) {
  const auto open_files = static_cast<std::size_t>(catalogue::ResourceId::kOpenFiles);
  auto files = static_cast<std::int64_t>(census.readings.at(open_files).used.value());
  for (const ProcessRecord& process : census.processes) {
    files -= static_cast<std::int64_t>(process.files);
  }
  for (const Unheld& cause : census.unheld) {
    files -= static_cast<std::int64_t>(cause.amount);
  }
  return files;
}

}  // namespace

// Its table is taken from it first, then the files are closed, one after the other. Closing an
// inotify instance that has a watch takes the kernel milliseconds, and those here stand between the
// other files, from whichever end it begins.
TEST_CASE("files of a process that exits are nobody's until they are closed", "[census][bpf]") {
  if (test::lacks_root()) return;
  constexpr int kEachSide = 4000;
  constexpr int kInstances = 100;
  const uid_t uid = 1'000'000U + static_cast<uid_t>(::getpid());
  const test::Child child([&] {
    const rlimit enough{.rlim_cur = 10'000, .rlim_max = 10'000};
    if (::setrlimit(RLIMIT_NOFILE, &enough) != 0) return false;
    if (::syscall(SYS_setresuid, uid, uid, uid) != 0) return false;
    const auto open_files = [] {
      for (int i = 0; i < kEachSide; ++i) {
        if (::eventfd(0, 0) < 0) return false;
      }
      return true;
    };
    if (!open_files()) return false;
    for (int i = 0; i < kInstances; ++i) {
      if (::inotify_add_watch(::inotify_init1(0), "/", IN_CREATE) < 0) return false;
    }
    return open_files();
  });
  REQUIRE(child.is_ready());
  const SystemClock clock;
  const auto source = open_source(clock);
  const std::int64_t before = unexplained(take(*source));
  child.kill_only();
  std::int64_t most = 0;
  const auto are_closed = [&] {
    const std::int64_t now = unexplained(take(*source)) - before;
    most = std::max(most, now);
    return most > kEachSide / 2 && now < kEachSide / 10;
  };
  CHECK(test::eventually(are_closed));
  // Other processes of this machine come and go meanwhile.
  constexpr int kNoise = kEachSide / 10;
  CHECK(most > kEachSide - kNoise);
  CHECK(most < 2 * kEachSide + kInstances + kNoise);
}

namespace {

// A file that the kernel swaps to, as long as this lives: mkswap(8) by hand.
class SwapFile final {
 public:
  explicit SwapFile(std::string path) : path_(std::move(path)) {
    constexpr std::size_t kPage = 4096;
    constexpr std::uint32_t kPages = 16;
    constexpr std::string_view kMagic = "SWAPSPACE2";
    std::string bytes(kPages * kPage, '\0');
    const std::array<std::uint32_t, 2> version_and_last_page{1, kPages - 1};
    std::memcpy(bytes.data() + 1024, version_and_last_page.data(), sizeof(version_and_last_page));
    kMagic.copy(bytes.data() + kPage - kMagic.size(), kMagic.size());
    const UniqueFd file =
        test::opened(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), path_);
    is_used_ = ::write(file.get(), bytes.data(), bytes.size()) > 0 && ::fsync(file.get()) == 0 &&
               ::swapon(path_.c_str(), 0) == 0;
  }
  SwapFile(const SwapFile&) = delete;
  SwapFile& operator=(const SwapFile&) = delete;
  ~SwapFile() {
    if (is_used_) ::swapoff(path_.c_str());
  }
  [[nodiscard]] bool is_used() const { return is_used_; }

 private:
  std::string path_;
  bool is_used_ = false;
};

// Does file-nr count each file? Older kernels add them up in batches of 32 and more for each CPU
// (fs/file_table.c, get_nr_files), and show no change that is smaller.
bool file_nr_is_exact() {
  constexpr std::uint64_t kFew = 10;
  const auto allocated = [] {
    std::uint64_t files = 0;
    std::ifstream("/proc/sys/fs/file-nr") >> files;
    return files;
  };
  return test::eventually([&] {
    const std::uint64_t before = allocated();
    std::vector<UniqueFd> made;
    for (std::uint64_t i = 0; i < kFew; ++i)
      made.push_back(test::opened(::eventfd(0, 0), "eventfd"));
    return allocated() - before == kFew;
  });
}

}  // namespace

TEST_CASE("what the kernel has opened for itself is nobody's", "[census][bpf]") {
  if (test::lacks_root()) return;
  if (!file_nr_is_exact()) {
    test::skipped("this kernel counts files in batches");
    return;
  }
  const Folder folder;
  const SystemClock clock;
  const auto source = open_source(clock);
  constexpr int kFiles = 10;
  // Other tests run beside this one: it looks until nothing but the files has changed.
  bool can_swap = true;
  std::int64_t added = 0;
  const bool found = test::eventually([&] {
    const std::int64_t before = unexplained(take(*source));
    std::vector<std::unique_ptr<SwapFile>> files;
    for (int i = 0; i < kFiles; ++i) {
      files.push_back(std::make_unique<SwapFile>(folder.file(std::to_string(i))));
      can_swap = can_swap && files.back()->is_used();
    }
    added = unexplained(take(*source)) - before;
    return !can_swap || added == kFiles;
  });
  if (!can_swap) {
    test::skipped("nothing can be swapped to here");
    return;
  }
  CAPTURE(added);
  CHECK(found);
}

TEST_CASE("the census runs with CAP_BPF and CAP_PERFMON alone and sees as much", "[census][bpf]") {
  if (test::lacks_root()) return;
  const auto made = make_many([] { return ::eventfd(0, EFD_CLOEXEC); });
  constexpr std::uint64_t kRights = 1ULL << 38U | 1ULL << 39U;  // CAP_PERFMON, CAP_BPF
  const pid_t parent = ::getpid();
  const int code = test::run_as_nobody(kRights, [parent] {
    const SystemClock clock;
    auto source = BpfSource::open({.layouts = cgroup::Layouts::built_in()}, clock);
    if (!source) {
      std::cerr << source.error().message() << '\n';
      return 1;
    }
    const auto census = (*source)->take_census({});
    if (!census) {
      std::cerr << census.error().message() << '\n';
      return 2;
    }
    for (const ProcessRecord& process : census->processes) {
      if (process.pid != Pid(parent)) continue;
      return of_type(process, DescriptorType::kEventfd) >= kMany ? 0 : 3;
    }
    return 4;
  });
  CHECK(code == 0);
}

TEST_CASE("without the capabilities it says so", "[census][bpf]") {
  if (test::lacks_root()) return;
  const int code = test::run_as_nobody(0, [] {
    const SystemClock clock;
    const auto source = BpfSource::open({.layouts = cgroup::Layouts::built_in()}, clock);
    return !source && source.error().kind() == ErrorKind::kDenied ? 0 : 1;
  });
  CHECK(code == 0);
}

TEST_CASE("a procfs that is another's is refused", "[census][bpf]") {
  const SystemClock clock;
  const Folder folder;
  const auto source =
      BpfSource::open({.procfs = folder.file("."), .layouts = cgroup::Layouts::built_in()}, clock);
  REQUIRE_FALSE(source);
  CHECK(source.error().message().find("PID namespace") != std::string::npos);
}
