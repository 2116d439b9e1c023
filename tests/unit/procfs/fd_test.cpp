#include "procfs/fd.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "fake_proc.hpp"
#include "live_support.hpp"

using namespace kcommons;
using namespace kcommons::procfs;
using kcommons::test::must;

namespace {

struct Row {
  std::string text;
  FdType type;
};

}  // namespace

TEST_CASE("link texts of the kernel tell the type", "[procfs]") {
  const Row row = GENERATE(values<Row>({
      {"socket:[13887]", FdType::kSocket},
      {"pipe:[13886]", FdType::kPipe},
      {"anon_inode:inotify", FdType::kInotify},
      {"anon_inode:[inotify]", FdType::kInotify},
      {"inotify", FdType::kInotify},
      {"anon_inode:[fanotify]", FdType::kFanotify},
      {"anon_inode:[eventpoll]", FdType::kEpoll},
      {"[eventpoll]", FdType::kEpoll},
      {"anon_inode:[eventfd]", FdType::kEventfd},
      {"anon_inode:[timerfd]", FdType::kTimerfd},
      {"anon_inode:[signalfd]", FdType::kSignalfd},
      {"anon_inode:[pidfd]", FdType::kPidfd},
      {"pidfd:[4321]", FdType::kPidfd},
      {"/memfd:x\ny (deleted)", FdType::kMemfd},
      {"/memfd: (deleted)", FdType::kMemfd},
      {"anon_inode:[io_uring]", FdType::kIoUring},
      {"anon_inode:bpf-map", FdType::kBpf},
      {"anon_inode:bpf-prog", FdType::kBpf},
      {"anon_inode:bpf_link", FdType::kBpf},
      {"anon_inode:btf", FdType::kBpf},
      {"anon_inode:[perf_event]", FdType::kPerfEvent},
      {"anon_inode:[userfaultfd]", FdType::kUserfaultfd},
      {"/dev/null", FdType::kDevice},
      {"/dev/pts/3", FdType::kDevice},
      {"/dev/shmem-like", FdType::kDevice},
      {"user:[4026531837]", FdType::kOther},
      {"anon_inode:kvm-vm", FdType::kOther},
      {"anon_inode:", FdType::kOther},
      {"socket:[12", FdType::kOther},
      {"socket:[-1]", FdType::kOther},
      {"pipe:[]", FdType::kOther},
      {"[]", FdType::kOther},
      {"", FdType::kOther},
  }));
  CAPTURE(row.text);
  CHECK(classify(3, row.text).type == row.type);
  CHECK(classify(3, row.text).number == 3);
}

TEST_CASE("a path is a file whatever it ends in", "[procfs]") {
  const std::string path = GENERATE(
      as<std::string>{}, "/", "/var/log/syslog", "/tmp/anon_inode:inotify", "/x/socket:[1]",
      "/pipe:[3]", "/anon_inode:[eventpoll]", "/memfd:x", "/tmp/memfd:x (deleted)", "/dev",
      "/dev/shm", "/dev/shm/x (deleted)", "/dev/mqueue/q", "/dev/hugepages/p",
      "/dev/hugepages-1G/p", "/devices/null", "/srv/dev/null", "/\xff\n\x1b[31m");
  CAPTURE(path);
  CHECK(classify(0, path).type == FdType::kFile);
}

TEST_CASE("the key is the inode where the text has one and a hash elsewhere", "[procfs]") {
  CHECK(classify(1, "socket:[13887]").key == 13887);
  CHECK(classify(1, "pipe:[18446744073709551615]").key == 18446744073709551615U);
  // FNV-1a of "a", as published with the algorithm.
  CHECK(classify(1, "a").key == 0xaf63dc4c8601ec8cU);
  CHECK(classify(1, "/var/a").key == classify(2, "/var/a").key);
  CHECK(classify(1, "/var/a").key != classify(1, "/var/b").key);
}

TEST_CASE("each type has a label of its own", "[procfs]") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kFdTypeCount; ++i) names.insert(name_of(static_cast<FdType>(i)));
  CHECK(names.size() == kFdTypeCount);
  CHECK(name_of(FdType::kFile) == "file");
  CHECK(name_of(FdType::kIoUring) == "io_uring");
  CHECK(name_of(FdType::kUserfaultfd) == "userfaultfd");
  CHECK(name_of(FdType::kDevice) == "device");
  CHECK(name_of(FdType::kOther) == "other");
}

TEST_CASE("a megabyte of link text does no harm", "[procfs]") {
  CHECK(classify(0, std::string(1 << 20, '/')).type == FdType::kFile);
  CHECK(classify(0, "socket:[" + std::string(1 << 20, '9') + "]").type == FdType::kOther);
  CHECK(classify(0, std::string(1 << 20, '[')).type == FdType::kOther);
}

TEST_CASE("descriptors of a fixture are listed with their types", "[procfs]") {
  test::FakeProc proc;
  proc.process(42).fds(3).fd(7, "anon_inode:inotify").fd(9, "socket:[11]").threads({43});
  proc.link("42/fd/notanumber", "socket:[12]").link("42/fd/04", "socket:[13]");
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  const ProcessDir process = must(ProcessDir::open(root, Pid(42)));
  CHECK(must(count_fd_names(process)) == 5);
  CHECK(must(count_fd_names(must(process.thread(Pid(43))))) == 5);

  std::vector<FdEntry> entries(4);
  must(list_fds(process, entries));
  std::multiset<std::string_view> types;
  for (const FdEntry& entry : entries) types.insert(name_of(entry.type));
  CHECK(types ==
        std::multiset<std::string_view>{"device", "device", "device", "inotify", "socket"});
  CHECK_FALSE(count_fds_by_size(root, process));
  CHECK_FALSE(count_fds_by_size(root, Pid(42)));
}

TEST_CASE("a process without a folder of descriptors is gone and the list is empty", "[procfs]") {
  test::FakeProc proc;
  proc.process(42);
  proc.remove("42/fd");
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  const ProcessDir process = must(ProcessDir::open(root, Pid(42)));
  std::vector<FdEntry> entries(4);
  const auto listed = list_fds(process, entries);
  REQUIRE_FALSE(listed);
  CHECK(listed.error().kind() == ErrorKind::kGone);
  CHECK(entries.empty());
  CHECK_FALSE(count_fd_names(process));
  CHECK_FALSE(is_write_end(process, 3));
}

TEST_CASE("an entry that cannot be read as a link is an error and not left out", "[procfs]") {
  test::FakeProc proc;
  proc.process(42).fds(64);  // so that some are read before it, whatever the order
  proc.file("42/fd/200", "not a link");
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  std::vector<FdEntry> entries;
  const auto listed = list_fds(must(ProcessDir::open(root, Pid(42))), entries);
  REQUIRE_FALSE(listed);
  CHECK(listed.error().message().find("fd/200") != std::string::npos);
  CHECK(entries.empty());
}
