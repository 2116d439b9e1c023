// Descriptors that this test opens for real, seen through the kernel's own /proc.
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "fake_proc.hpp"
#include "live_support.hpp"
#include "procfs/fd.hpp"
#include "procfs/fdinfo.hpp"
#include "procfs/file_reader.hpp"
#include "procfs/kcmp.hpp"
#include "procfs/sysctl.hpp"

using namespace kcommons;
using namespace kcommons::procfs;
using kcommons::test::must;
using kcommons::test::opened;

namespace {

FdEntry entry_of(int number) {
  std::vector<FdEntry> entries;
  must(list_fds(test::own_process(), entries));
  for (const FdEntry& entry : entries) {
    if (entry.number == number) return entry;
  }
  FAIL("descriptor " << number << " is not listed");
  return {};
}

FdType type_of(const UniqueFd& fd) {
  return entry_of(fd.get()).type;
}

UniqueFd duplicate(const UniqueFd& fd) {
  return opened(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0), "dup");
}

// Watches on `count` folders made below the tree.
void watch_folders(const UniqueFd& inotify, test::FakeProc& place, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string name = "watched/" + std::to_string(i);
    place.file(name + "/x", "");
    REQUIRE(::inotify_add_watch(inotify.get(), (place.path() + "/" + name).c_str(), IN_CREATE) > 0);
  }
}

bool check_optional(long fd, FdType type, std::string_view what) {
  if (fd < 0) return test::skipped(std::string(what) + ": " + std::strerror(errno));
  const UniqueFd owner(static_cast<int>(fd));
  CHECK(type_of(owner) == type);
  return false;
}

}  // namespace

TEST_CASE("descriptors of each kind have the right type", "[procfs]") {
  CHECK(type_of(opened(::inotify_init1(IN_CLOEXEC), "inotify")) == FdType::kInotify);
  CHECK(type_of(opened(::epoll_create1(EPOLL_CLOEXEC), "epoll")) == FdType::kEpoll);
  CHECK(type_of(opened(::eventfd(0, EFD_CLOEXEC), "eventfd")) == FdType::kEventfd);
  CHECK(type_of(opened(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), "timerfd")) ==
        FdType::kTimerfd);
  CHECK(type_of(opened(::memfd_create("a) b\nc", MFD_CLOEXEC), "memfd")) == FdType::kMemfd);
  CHECK(type_of(opened(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")) ==
        FdType::kSocket);
  CHECK(type_of(opened(::open("/dev/null", O_RDONLY | O_CLOEXEC), "null")) == FdType::kDevice);
  CHECK(type_of(opened(::open("/", O_RDONLY | O_CLOEXEC | O_DIRECTORY), "root")) == FdType::kFile);
  CHECK(type_of(opened(::open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC), "ns")) ==
        FdType::kOther);
  sigset_t none;
  sigemptyset(&none);
  CHECK(type_of(opened(::signalfd(-1, &none, SFD_CLOEXEC), "signalfd")) == FdType::kSignalfd);
}

TEST_CASE("descriptors that need rights or options have the right type", "[procfs]") {
  check_optional(::fanotify_init(FAN_CLOEXEC, O_RDONLY), FdType::kFanotify, "fanotify");
  check_optional(::syscall(SYS_userfaultfd, O_CLOEXEC), FdType::kUserfaultfd, "userfaultfd");
  check_optional(::syscall(SYS_pidfd_open, ::getpid(), 0), FdType::kPidfd, "pidfd");
  io_uring_params params{};
  check_optional(::syscall(SYS_io_uring_setup, 4, &params), FdType::kIoUring, "io_uring");
}

TEST_CASE("a path that is too long for the kernel to print is still a file", "[procfs]") {
  test::FakeProc place;
  const std::string name(250, 'd');
  UniqueFd deep = opened(::open(place.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "top");
  for (int level = 0; level < 20; ++level) {
    REQUIRE(::mkdirat(deep.get(), name.c_str(), 0700) == 0);
    deep = opened(::openat(deep.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "level");
  }
  std::array<char, 8192> text{};
  const std::string link = "/proc/self/fd/" + std::to_string(deep.get());
  REQUIRE(::readlink(link.c_str(), text.data(), text.size()) < 0);
  CHECK(type_of(deep) == FdType::kFile);
}

TEST_CASE("all ways to count the descriptors of a process agree", "[procfs]") {
  const ProcRoot root = test::real_proc();
  const test::Child child([] {
    for (int i = 0; i < 300; ++i) {
      if (::eventfd(0, EFD_CLOEXEC) < 0) return false;
    }
    return true;
  });
  REQUIRE(child.is_ready());
  const ProcessDir process = must(ProcessDir::open(root, child.pid()));
  std::vector<FdEntry> entries;
  must(list_fds(process, entries));
  std::vector<int> numbers;
  must(list_fdinfo_numbers(process, numbers));
  CHECK(std::count_if(entries.begin(), entries.end(),
                      [](const FdEntry& entry) { return entry.type == FdType::kEventfd; }) == 300);
  CHECK(numbers.size() == entries.size());
  CHECK(must(count_fd_names(process)) == entries.size());
  if (!root.counts_by_size()) {
    test::skipped("this kernel does not count descriptors in the size of fd");
    return;
  }
  CHECK(must(count_fds_by_size(root, process)) == entries.size());
  CHECK(must(count_fds_by_size(root, child.pid())) == entries.size());
}

TEST_CASE("the two ends of a pipe share an inode and are told apart", "[procfs]") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  const ProcessDir self = test::own_process();
  CHECK(type_of(read_end) == FdType::kPipe);
  CHECK(entry_of(read_end.get()).key == entry_of(write_end.get()).key);
  CHECK_FALSE(must(is_write_end(self, read_end.get())));
  CHECK(must(is_write_end(self, write_end.get())));
  struct stat status {};
  REQUIRE(::fstat(read_end.get(), &status) == 0);
  CHECK(entry_of(read_end.get()).key == status.st_ino);
  const auto closed = is_write_end(self, 9999);
  REQUIRE_FALSE(closed);
  CHECK(closed.error().kind() == ErrorKind::kGone);
}

TEST_CASE("one inotify instance behind many links has equal watches and is one file", "[procfs]") {
  test::FakeProc place;
  const UniqueFd instance = opened(::inotify_init1(IN_CLOEXEC), "inotify");
  const UniqueFd other = opened(::inotify_init1(IN_CLOEXEC), "inotify");
  watch_folders(instance, place, 100);
  watch_folders(instance, place, 100);  // the same inodes again: the kernel keeps one watch each
  watch_folders(other, place, 99);
  const UniqueFd dup = duplicate(instance);
  const test::Child child([] { return true; });
  REQUIRE(child.is_ready());

  const ProcessDir self = test::own_process();
  const ProcessDir forked = test::real_process(child.pid());
  std::string buffer;
  const InotifyWatches watches = must(read_inotify_watches(self, instance.get(), buffer));
  CHECK(watches.count == 100);
  CHECK(must(read_inotify_watches(self, dup.get(), buffer)) == watches);
  CHECK(must(read_inotify_watches(forked, instance.get(), buffer)) == watches);
  CHECK(must(read_inotify_watches(forked, dup.get(), buffer)) == watches);
  CHECK(must(read_inotify_watches(self, other.get(), buffer)).count == 99);
  CHECK(must(probe_inotify(forked, dup.get(), buffer)) == watches);

  const auto same = compare_files(self.pid(), instance.get(), child.pid(), dup.get());
  if (!same && same.error().code().value() == ENOSYS) {
    test::skipped("this kernel has no kcmp");
    return;
  }
  CHECK(must(same) == FileOrder::kEqual);
}

TEST_CASE("an instance with a watch on each of 20000 inodes is counted", "[procfs]") {
  test::FakeProc place;
  const UniqueFd instance = opened(::inotify_init1(IN_CLOEXEC), "inotify");
  constexpr std::uint64_t kWatches = 20000;
  const std::string folder = place.path() + "/many";
  REQUIRE(::mkdir(folder.c_str(), 0700) == 0);
  for (std::uint64_t i = 0; i < kWatches; ++i) {
    const std::string name = folder + "/" + std::to_string(i);
    const UniqueFd file = opened(::open(name.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600), name);
    if (::inotify_add_watch(instance.get(), name.c_str(), IN_MODIFY) < 0) {
      test::skipped("the limit of inotify watches is too low here");
      return;
    }
  }
  std::string buffer;
  CHECK(must(read_inotify_watches(test::own_process(), instance.get(), buffer)).count == kWatches);
  CHECK(buffer.size() == 65536);
}

TEST_CASE("kcmp tells one file from two and orders them", "[procfs]") {
  const UniqueFd one = opened(::eventfd(0, EFD_CLOEXEC), "eventfd");
  const UniqueFd two = opened(::eventfd(0, EFD_CLOEXEC), "eventfd");
  const UniqueFd again = duplicate(one);
  const Pid self(::getpid());
  const auto order = compare_files(self, one.get(), self, two.get());
  if (!order && order.error().code().value() == ENOSYS) {
    test::skipped("this kernel has no kcmp");
    return;
  }
  CHECK(must(compare_files(self, one.get(), self, again.get())) == FileOrder::kEqual);
  const bool less = must(order) == FileOrder::kLess;
  CHECK(must(compare_files(self, two.get(), self, one.get())) ==
        (less ? FileOrder::kGreater : FileOrder::kLess));

  const auto closed = compare_files(self, one.get(), self, 9999);
  REQUIRE_FALSE(closed);
  CHECK(closed.error().kind() == ErrorKind::kGone);
  const auto nobody = compare_files(self, one.get(), Pid(0x7ffffff0), 0);
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().kind() == ErrorKind::kGone);
}

TEST_CASE("files in flight and mapped files are in no list of descriptors", "[procfs]") {
  constexpr int kFiles = 600;
  constexpr int kBatch = 100;
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const UniqueFd sender(ends[0]);
  const UniqueFd receiver(ends[1]);
  const ProcessDir self = test::own_process();
  const ProcRoot root = test::real_proc();
  const KernelFile file_nr = must(KernelFile::open(root.fd(), "sys/fs/file-nr"));
  std::string buffer;
  const std::uint64_t listed = must(count_fd_names(self));
  const std::uint64_t allocated = must(parse_file_nr(must(file_nr.read(buffer)))).allocated;

  for (int sent = 0; sent < kFiles; sent += kBatch) {
    std::vector<UniqueFd> files;
    std::array<int, kBatch> numbers{};
    for (int& number : numbers) {
      number = files.emplace_back(opened(::eventfd(0, EFD_CLOEXEC), "eventfd")).get();
    }
    if (!test::send_descriptors(sender.get(), numbers)) {
      test::skipped("this socket does not take as many files in flight");
      return;
    }
  }
  CHECK(must(count_fd_names(self)) == listed);
  // Others open and close files meanwhile, so only half of the difference is demanded.
  CHECK(must(parse_file_nr(must(file_nr.read(buffer)))).allocated > allocated + kFiles / 2);
}
