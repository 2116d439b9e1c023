#include "census/procfs_source.hpp"

#include <catch2/catch.hpp>
#include <numeric>
#include <string>

#include "fake_clock.hpp"
#include "fake_proc.hpp"

using namespace kcommons;
using namespace kcommons::census;
using namespace std::chrono_literals;
using catalogue::ResourceId;
using test::FakeClock;
using test::FakeProc;

namespace {

const std::string kId(64, 'a');

struct Fixture {
  FakeProc proc;
  FakeClock clock;
  std::unique_ptr<ProcfsSource> source;

  Fixture() {
    proc.file_nr(1000, 65536)
        .sysctl("fs/inotify/max_user_instances", "128")
        .sysctl("fs/inotify/max_user_watches", "8192");
  }

  Census take() {
    auto census = try_take();
    REQUIRE(census);
    return std::move(*census);
  }

  Result<Census> try_take() {
    if (!source) {
      auto opened = ProcfsSource::open(
          {.root = proc.path(), .layouts = cgroup::Layouts::built_in(), .inotify = {}}, clock);
      REQUIRE(opened);
      source = std::move(*opened);
    }
    return source->take_census({});
  }
};

const ProcessRecord* find(const Census& census, int pid) {
  for (const ProcessRecord& record : census.processes) {
    if (record.pid == Pid(pid)) return &record;
  }
  return nullptr;
}

std::uint64_t unseen(const Census& census, Unseen reason) {
  return census.unseen[static_cast<std::size_t>(reason)];
}

std::uint64_t failures(const Census& census, ErrorKind kind) {
  return census.failures.by_kind[static_cast<std::size_t>(kind)];
}

}  // namespace

TEST_CASE("a census reads processes with their container and descriptors", "[census]") {
  Fixture f;
  f.proc.process(10).comm("web").uid(1000).cgroup("0::/docker/" + kId + "\n").fds(3);
  f.proc.process(10).fd(7, "socket:[99]").fd(8, "anon_inode:[eventfd]");
  const Census census = f.take();
  const ProcessRecord* web = find(census, 10);
  REQUIRE(web != nullptr);
  CHECK(web->descriptors == 5);
  CHECK(web->by_type->at(static_cast<std::size_t>(DescriptorType::kSocket)) == 1);
  CHECK(web->by_type->at(static_cast<std::size_t>(DescriptorType::kEventfd)) == 1);
  CHECK(web->effective_uid == Uid(1000));
  CHECK(web->descriptor_limit == catalogue::Limit{1024});
  CHECK(census.placements.at(web->placement).container->id == kId);
  CHECK(census.readings[0].used == 1000);
  CHECK(census.readings[0].limit->value == 65536);
  CHECK(census.readings[2].limit->value == 8192);
  CHECK(census.failures.first.empty());
}

TEST_CASE("processes stand in the order of their age", "[census]") {
  Fixture f;
  f.proc.process(30).start_time(5);
  f.proc.process(10).start_time(50);
  f.proc.process(20).start_time(5);
  const Census census = f.take();
  REQUIRE(census.processes.size() == 3);
  CHECK(census.processes[0].pid == Pid(20));
  CHECK(census.processes[1].pid == Pid(30));
  CHECK(census.processes[2].pid == Pid(10));
}

TEST_CASE("kernel threads have no part in a census", "[census]") {
  Fixture f;
  f.proc.process(2).comm("kthreadd").kernel_thread();
  f.proc.process(10);
  CHECK(f.take().processes.size() == 1);
}

TEST_CASE("inotify instances are charged to the effective uid", "[census]") {
  Fixture f;
  f.proc.process(10).uids(60001, 60002).fd(3, "anon_inode:inotify").watches(3, 100);
  f.proc.process(11).uid(7).fd(4, "inotify").watches(4, 0);  // an old kernel's link text
  const Census census = f.take();
  REQUIRE(census.notify_groups.size() == 2);
  CHECK(census.notify_groups[0].charged_uid == Uid(60002));
  CHECK(census.notify_groups[0].watches == 100);
  CHECK(census.notify_groups[1].watches == 0);
  CHECK(census.user_namespaces.at(census.notify_groups[0].user_ns).inode == kInitialUserNs);
}

TEST_CASE("a zombie leader's table is read once from a thread that lives", "[census]") {
  Fixture f;
  auto& process = f.proc.process(10).threads({11, 12});
  for (int fd = 0; fd < 105; ++fd) process.fd(fd, "/data/" + std::to_string(fd));
  process.zombie();
  const Census census = f.take();
  const ProcessRecord* record = find(census, 10);
  REQUIRE(record != nullptr);
  CHECK(record->alive);
  CHECK(record->descriptors == 105);
  CHECK(record->files == 105);
}

TEST_CASE("where a leader has ended, a thread that lives tells the cgroup", "[census]") {
  Fixture f;
  f.proc.process(10).threads({11, 12}).zombie().cgroup("4:memory:/\n0::/\n");
  f.proc.file("10/task/12/cgroup", "4:memory:/docker/" + kId + "\n0::/\n");
  // The first of them is ending too.
  f.proc.file("10/task/11/stat", "11 (fake) Z 1 11 11 0 -1 4 0 0 0 0 0 0 0 0 20 0 3 0 100 0 0\n");
  const Census census = f.take();
  const ProcessRecord* record = find(census, 10);
  REQUIRE(record != nullptr);
  CHECK(record->alive);
  REQUIRE(census.placements.at(record->placement).container);
  CHECK(census.placements.at(record->placement).container->id == kId);
}

TEST_CASE("where no thread lives any more either, what was known of the process holds",
          "[census]") {
  Fixture f;
  f.proc.process(10).cgroup("0::/docker/" + kId + "\n").threads({11});
  f.take();
  f.proc.process(10).zombie().cgroup("4:memory:/\n0::/\n");
  f.proc.remove("10/task/11");
  const Census census = f.take();
  REQUIRE(census.placements.at(find(census, 10)->placement).container);
  CHECK(census.placements.at(find(census, 10)->placement).container->id == kId);
}

TEST_CASE("a tree without a process is no procfs", "[census]") {
  Fixture f;
  const auto census = f.try_take();
  REQUIRE_FALSE(census);
  CHECK_THAT(census.error().message(), Catch::Contains("is procfs mounted there?"));
}

TEST_CASE("a thread's private table is added to its process's", "[census]") {
  Fixture f;
  auto& process = f.proc.process(10).threads({11});
  for (int fd = 0; fd < 5; ++fd) process.fd(fd, "/data/" + std::to_string(fd));
  auto& thread = process.private_thread(12);
  for (int fd = 0; fd < 56; ++fd) thread.fd(fd, "/own/" + std::to_string(fd));
  const Census census = f.take();
  CHECK(find(census, 10)->descriptors == 61);
  CHECK(find(census, 10)->table_descriptors == 5);
}

TEST_CASE("a plain zombie holds nothing and keeps its last known container", "[census]") {
  Fixture f;
  f.proc.process(10).cgroup("0::/docker/" + kId + "\n").fds(2);
  REQUIRE(f.take().placements.at(0).container);
  f.proc.process(10).state('Z').cgroup("4:memory:/\n0::/ (deleted)\n");
  f.proc.process(10).close_fd(0).close_fd(1);
  const Census census = f.take();
  const ProcessRecord* record = find(census, 10);
  REQUIRE(record != nullptr);
  CHECK_FALSE(record->alive);
  CHECK(record->descriptors == 0);
  REQUIRE(census.placements.at(record->placement).container);
  CHECK(census.placements.at(record->placement).container->id == kId);
}

TEST_CASE("a deleted cgroup keeps its container and a reused pid does not inherit it", "[census]") {
  Fixture f;
  f.proc.process(10).start_time(100).cgroup("0::/docker/" + kId + "\n");
  f.take();
  f.proc.process(10).start_time(100).cgroup("0::/elsewhere (deleted)\n");
  Census census = f.take();
  CHECK(census.placements.at(find(census, 10)->placement).container->id == kId);
  f.proc.process(10).start_time(200).cgroup("0::/elsewhere (deleted)\n");
  census = f.take();
  CHECK_FALSE(census.placements.at(find(census, 10)->placement).container);
}

TEST_CASE("a process that vanishes half-way is counted and nothing else", "[census]") {
  Fixture f;
  f.proc.process(10).fds(3);
  f.proc.process(11).fds(3);
  f.proc.remove("11/status");
  const Census census = f.take();
  CHECK(find(census, 10) != nullptr);
  CHECK(find(census, 11) == nullptr);
  CHECK(unseen(census, Unseen::kVanished) == 1);
  CHECK(census.failures.first.empty());
}

TEST_CASE("garbage in a file of one process is counted and costs only that process", "[census]") {
  Fixture f;
  f.proc.process(10).fds(3);
  f.proc.process(11).fds(3);
  f.proc.file("11/stat", GENERATE(as<std::string>{}, "garbage", std::string(4096, '('), "11 (x",
                                  std::string(3, '\0')));
  const Census census = f.take();
  CHECK(find(census, 10) != nullptr);
  CHECK(find(census, 11) == nullptr);
  CHECK(failures(census, ErrorKind::kMalformed) == 1);
  CHECK_THAT(census.failures.first, Catch::Contains("/11: parse stat"));
}

TEST_CASE("garbage limits lose the limit alone", "[census]") {
  Fixture f;
  f.proc.process(10).fds(3);
  f.proc.file("10/limits", "\xff\xfe what");
  const Census census = f.take();
  REQUIRE(find(census, 10) != nullptr);
  CHECK(find(census, 10)->descriptors == 3);
  CHECK_FALSE(find(census, 10)->descriptor_limit);
  CHECK_FALSE(find(census, 10)->user_limits.processes);
  CHECK(failures(census, ErrorKind::kMalformed) == 1);
}

TEST_CASE("no limit that was read is another thing than a limit that was not", "[census]") {
  Fixture f;
  f.proc.process(10).limits(std::nullopt);
  const Census census = f.take();
  REQUIRE(find(census, 10) != nullptr);
  CHECK(find(census, 10)->descriptor_limit == catalogue::Limit{});
  const UserLimits& limits = find(census, 10)->user_limits;
  CHECK(limits.processes == catalogue::Limit{31000});
  CHECK(limits.pending_signals == catalogue::Limit{});
  CHECK(limits.mqueue_bytes == catalogue::Limit{});
  CHECK(limits.locked_memory_bytes == catalogue::Limit{});
}

TEST_CASE("garbage fdinfo is a failure and not an instance without watches", "[census]") {
  Fixture f;
  f.proc.process(10).fd(3, "anon_inode:inotify").fdinfo(3, "inotify wd:zz ino:1 sdev:1\n");
  const Census census = f.take();
  REQUIRE(census.notify_groups.size() == 1);
  CHECK_FALSE(census.notify_groups[0].watches);
  CHECK(failures(census, ErrorKind::kMalformed) == 1);
  CHECK(unseen(census, Unseen::kInotifyUnreadable) == 1);
  CHECK(unseen(census, Unseen::kInotifyDenied) == 0);
}

TEST_CASE("a procfs without fdinfo still counts descriptors and instances", "[census]") {
  Fixture f;
  f.proc.process(10).fds(2).fd(3, "anon_inode:inotify").watches(3, 9);
  f.proc.remove("10/fdinfo");
  const Census census = f.take();
  CHECK(find(census, 10)->descriptors == 3);
  REQUIRE(census.notify_groups.size() == 1);
  CHECK_FALSE(census.notify_groups[0].watches);  // not known is not zero
  CHECK(unseen(census, Unseen::kInotifyUnreadable) == 1);
}

TEST_CASE("sysctl files that cannot be read are absent and counted", "[census]") {
  Fixture f;
  f.proc.process(10);
  f.proc.remove("sys/fs/file-nr");
  f.proc.sysctl("fs/inotify/max_user_watches", "many");
  const Census census = f.take();
  CHECK_FALSE(census.readings[0].used);
  CHECK_FALSE(census.readings[2].limit);
  CHECK(census.readings[1].limit->value == 128);
  CHECK(census.failures.by_kind[static_cast<std::size_t>(ErrorKind::kMalformed)] == 1);
  CHECK(census.failures.by_kind[static_cast<std::size_t>(ErrorKind::kGone)] == 1);
}

TEST_CASE("no effective limit on files is none and not a number", "[census]") {
  Fixture f;
  f.proc.file_nr(1472, 9223372036854775807ULL).process(10);
  const Census census = f.take();
  REQUIRE(census.readings[0].limit);
  CHECK_FALSE(census.readings[0].limit->value);
}

TEST_CASE("a user namespace whose owner cannot be asked leaves the pool unknown", "[census]") {
  Fixture f;
  f.proc.process(10).user_ns(4026532999).fd(3, "anon_inode:inotify").watches(3, 5);
  const Census census = f.take();
  CHECK(find(census, 10)->user_ns == kNoIndex);
  CHECK(census.notify_groups.at(0).user_ns == kNoIndex);
}

TEST_CASE("only a capability in the initial namespace exceeds the file limit", "[census]") {
  Fixture f;
  f.proc.process(10).capabilities(1ULL << 21U);
  f.proc.process(11).capabilities(1ULL << 21U).user_ns(4026532999);
  f.proc.process(12);
  const Census census = f.take();
  CHECK(find(census, 10)->privileges == census::kSysAdmin);
  CHECK(find(census, 11)->privileges == 0);
  CHECK(find(census, 12)->privileges == 0);
}

TEST_CASE("hostile names and cgroup paths end nowhere but in their own record", "[census]") {
  Fixture f;
  f.proc.process(10).comm("a) S 1 (\nUid:\t9").uid(5);
  f.proc.process(11).cgroup(std::string("0::/x\"\\\n\xff/y\n"));
  const Census census = f.take();
  REQUIRE(census.processes.size() == 2);
  CHECK(find(census, 10)->effective_uid == Uid(5));
  CHECK(find(census, 10)->parent == Pid(1));
}

TEST_CASE("a root that is not there is an error that names it", "[census]") {
  const FakeClock clock;
  const auto opened = ProcfsSource::open(
      {.root = "/nonexistent/proc", .layouts = cgroup::Layouts::built_in(), .inotify = {}}, clock);
  REQUIRE_FALSE(opened);
  CHECK_THAT(opened.error().message(), Catch::Contains("/nonexistent/proc"));
}

TEST_CASE("a census that is asked to stop is given up", "[census]") {
  Fixture f;
  f.proc.process(10);
  f.take();
  std::stop_source stop;
  stop.request_stop();
  CHECK_FALSE(f.source->take_census(stop.get_token()));
}

TEST_CASE("new layouts hold from the next census on and a cgroup that is gone keeps its container",
          "[census]") {
  Fixture f;
  f.proc.process(10).cgroup("0::/garden/one\n").fds(1);
  f.proc.process(11).cgroup("0::/docker/" + kId + "\n").fds(1);
  CHECK_FALSE(f.take().placements.at(0).container);
  f.proc.process(11).cgroup("0::/docker/" + kId + " (deleted)\n");
  f.source->configure({.layouts = {}, .inotify = {}});
  CHECK_FALSE(f.take().placements.at(0).container);
  cgroup::Layouts layouts = cgroup::Layouts::built_in();
  REQUIRE(layouts.add("/garden/{id}", "oci"));
  f.source->configure({.layouts = layouts, .inotify = {}});
  const Census census = f.take();
  const auto container_of = [&census](int pid) {
    return census.placements.at(find(census, pid)->placement).container;
  };
  REQUIRE(container_of(10));
  CHECK(container_of(10)->id == "one");
  REQUIRE(container_of(11));
  CHECK(container_of(11)->id == kId);
}

TEST_CASE("a large instance that was to be read in a day is read within the new interval",
          "[census]") {
  Fixture f;
  f.proc.process(10).fd(3, "anon_inode:inotify").watches(3, 5);
  const auto seen = [&f] { return *f.take().notify_groups.at(0).watches; };
  f.take();
  f.source->configure(
      {.layouts = {}, .inotify = {.large_instance = 2, .large_read_interval = 24h}});
  f.clock.advance(25h);
  CHECK(seen() == 5);  // a large read, the next of which is a day away
  f.proc.process(10).watches(3, 9);
  f.clock.advance(1min);
  CHECK(seen() == 5);
  f.source->configure(
      {.layouts = {}, .inotify = {.large_instance = 2, .large_read_interval = 1min}});
  f.clock.advance(1min);
  CHECK(seen() == 9);
}
