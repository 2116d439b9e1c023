// The books of the bpf census from records that are written by hand; the live tests have the
// kernel's.
#include "census/bpf_books.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

#include "census/bpf_mappings.hpp"

using namespace kcommons;
using namespace kcommons::census;
using namespace std::chrono_literals;
using catalogue::ResourceId;

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

// Records as the programs would tell them.
class Walk {
 public:
  Walk& directory(std::uint64_t id, std::uint64_t parent, std::string_view name) {
    books.take(bpf::CgroupRecord{.id = id, .parent = parent, .name = name});
    return *this;
  }
  Walk& set(std::uint64_t id, std::uint64_t cgroup, std::uint32_t flags = KC_HIERARCHY_DEFAULT) {
    kc_css_set record{.kind = KC_RECORD_CSS_SET, .count = 1, .id = id, .in = {}};
    record.in[0] = {.cgroup = cgroup, .hierarchy = 0, .flags = flags};
    books.take(&record);
    return *this;
  }
  Walk& process(int pid, std::uint64_t start, std::uint64_t set = 0, std::uint64_t exe = 0) {
    kc_process record{};
    record.kind = KC_RECORD_PROCESS;
    record.pid = pid;
    record.start_ns = start * kSecond;
    record.css_set = set;
    record.userns = static_cast<std::uint32_t>(kInitialUserNs.value());
    record.live_threads = 1;
    record.descriptor_limit = 1024;
    record.exe = exe;
    books.take(&record);
    return *this;
  }
  Walk& table(int pid, std::uint64_t id, std::uint32_t devices, std::uint64_t unshared,
              int thread = 0, bool repeated = false) {
    kc_table record{};
    record.kind = KC_RECORD_TABLE;
    record.pid = pid;
    record.thread = thread == 0 ? pid : thread;
    record.id = id;
    record.repeated = repeated ? 1 : 0;
    record.unshared = unshared;
    record.by_type[KC_FILE_DEVICE] = devices;
    books.take(&record);
    return *this;
  }
  Walk& file(int pid, std::uint64_t id, kc_held_by held_by = KC_HELD_BY_DESCRIPTOR) {
    const kc_file record{
        .kind = KC_RECORD_FILE, .pid = pid, .id = id, .held_by = held_by, .unused = 0};
    books.take(&record);
    return *this;
  }
  Walk& ucounts(std::uint64_t id, std::uint64_t outer, std::uint32_t userns, std::uint32_t uid,
                std::int64_t watches, std::int64_t limit) {
    kc_ucounts record{};
    record.kind = KC_RECORD_UCOUNTS;
    record.uid = uid;
    record.id = id;
    record.outer = outer;
    record.userns = userns;
    record.present = 1U << KC_INOTIFY_WATCHES;
    record.used[KC_INOTIFY_WATCHES] = watches;
    record.limit[KC_INOTIFY_WATCHES] = limit;
    books.take(&record);
    return *this;
  }
  Walk& group(int pid, std::uint64_t id, std::uint64_t ucounts, std::uint32_t marks,
              std::uint64_t cgroup = 0, std::uint32_t flags = KC_HIERARCHY_DEFAULT,
              std::uint32_t type = KC_FILE_INOTIFY) {
    kc_group record{};
    record.kind = KC_RECORD_GROUP;
    record.pid = pid;
    record.id = id;
    record.ucounts = ucounts;
    record.cgroup = cgroup;
    record.hierarchy_flags = flags;
    record.type = type;
    record.marks = marks;
    books.take(&record);
    return *this;
  }

  Census census() {
    Census out;
    const cgroup::Layouts layouts = cgroup::Layouts::built_in();
    Placements placements(layouts);
    placements.begin(out);
    std::move(books).write_into(out, placements);
    placements.end();
    return out;
  }

  BpfBooks books;
};

const ProcessRecord& at(const Census& census, int pid) {
  for (const ProcessRecord& process : census.processes) {
    if (process.pid == Pid(pid)) return process;
  }
  FAIL("no process " << pid);
  throw 0;
}

std::uint64_t files_of(const Census& census, int pid) {
  return at(census, pid).files;
}

const std::string kId(64, 'a');

}  // namespace

TEST_CASE("a shared file is booked once and at the oldest process", "[census]") {
  Walk walk;
  // Younger by start time though its PID is lower: PIDs wrap.
  walk.process(10, 9).table(10, 1, 3, 2).file(10, 77);
  walk.process(20, 5).table(20, 2, 1, 0).file(20, 77);
  const Census census = walk.census();
  CHECK(census.processes.at(0).pid == Pid(20));
  CHECK(files_of(census, 20) == 1);
  CHECK(files_of(census, 10) == 2);
  CHECK(at(census, 10).descriptors == 3);
}

TEST_CASE("a descriptor goes before a queue and a queue before a mapping", "[census]") {
  Walk walk;
  walk.process(1, 1).process(2, 2).process(3, 3);
  walk.file(1, 50, KC_HELD_BY_MAPPING).file(2, 50, KC_HELD_BY_QUEUE).file(3, 50);
  walk.file(1, 51, KC_HELD_BY_MAPPING).file(2, 51, KC_HELD_BY_IO_URING);
  walk.file(2, 52, KC_HELD_BY_MAPPING).file(1, 52, KC_HELD_BY_MAPPING);
  const Census census = walk.census();
  CHECK(files_of(census, 1) == 1);
  CHECK(files_of(census, 2) == 1);
  CHECK(files_of(census, 3) == 1);
}

TEST_CASE("a table that two processes share has its descriptors at both and its files at one",
          "[census]") {
  Walk walk;
  walk.process(1, 1).table(1, 8, 5, 5);
  walk.process(2, 2).table(2, 8, 0, 0, 0, true);
  const Census census = walk.census();
  CHECK(files_of(census, 1) == 5);
  CHECK(files_of(census, 2) == 0);
  CHECK(at(census, 2).descriptors == 5);
}

TEST_CASE("the table of threads that outlived their leader is counted once", "[census]") {
  Walk walk;
  walk.process(1, 1).table(1, 8, 5, 5, 11).table(1, 8, 0, 0, 12, true).table(1, 8, 5, 5, 13);
  const Census census = walk.census();
  CHECK(files_of(census, 1) == 5);
  CHECK(at(census, 1).descriptors == 5);
}

TEST_CASE("a thread's own table adds to its process but not to what the limit bounds", "[census]") {
  Walk walk;
  walk.process(1, 1).table(1, 8, 5, 5).table(1, 9, 100, 100, 12);
  const Census census = walk.census();
  CHECK(at(census, 1).descriptors == 105);
  CHECK(at(census, 1).table_descriptors == 5);
  CHECK(files_of(census, 1) == 105);
}

TEST_CASE("what belongs to a process that was not told is passed over", "[census]") {
  Walk walk;
  walk.table(1, 8, 5, 5).file(1, 3).group(1, 4, 0, 9);
  const Census census = walk.census();
  CHECK(census.processes.empty());
  CHECK(census.notify_groups.empty());
}

TEST_CASE("a cgroup path finds its container whatever the hierarchy", "[census]") {
  const auto flags =
      GENERATE(as<std::uint32_t>{}, KC_HIERARCHY_DEFAULT, KC_HIERARCHY_MEMORY, KC_HIERARCHY_PIDS,
               KC_HIERARCHY_SYSTEMD, KC_HIERARCHY_MEMORY | KC_HIERARCHY_DEAD);
  Walk walk;
  walk.directory(100, 0, "").directory(101, 100, "docker").directory(102, 101, kId);
  walk.set(7, 102, flags).process(1, 1, 7);
  const Census census = walk.census();
  const cgroup::Placement& placement = census.placements.at(at(census, 1).placement);
  REQUIRE(placement.container);
  CHECK(placement.container->id == kId);
  CHECK(placement.deleted == ((flags & KC_HIERARCHY_DEAD) != 0));
}

TEST_CASE("a hierarchy that says nothing of containers is left out", "[census]") {
  BpfCgroups cgroups;
  cgroups.take(bpf::CgroupRecord{.id = 1, .parent = 0, .name = ""});
  kc_css_set set{.kind = KC_RECORD_CSS_SET, .count = 2, .id = 7, .in = {}};
  set.in[0] = {.cgroup = 1, .hierarchy = 3, .flags = 0};
  set.in[1] = {.cgroup = 1, .hierarchy = 0, .flags = KC_HIERARCHY_DEFAULT};
  cgroups.take(set);
  CHECK(cgroups.text_of_set(7) == "0::/\n");
  CHECK(cgroups.text_of_set(8).empty());
}

TEST_CASE("directories that name each other in a circle do not hold up the books", "[census]") {
  BpfCgroups cgroups;
  cgroups.take(bpf::CgroupRecord{.id = 1, .parent = 2, .name = "a"});
  cgroups.take(bpf::CgroupRecord{.id = 2, .parent = 1, .name = "b"});
  CHECK(cgroups.text_of_cgroup(1, KC_HIERARCHY_DEFAULT).size() < 1000);
}

TEST_CASE("users who are charged in a circle do not hold up the books", "[census]") {
  Walk walk;
  walk.ucounts(1, 2, 4026532001, 1000, 1, 10).ucounts(2, 1, 4026532002, 1000, 1, 10);
  walk.ucounts(3, 3, 4026532003, 1000, 1, 10);
  const Census census = walk.census();
  CHECK(census.user_namespaces.size() == 4);
  // Outwards from any of them there is an end.
  for (std::uint32_t i = 0; i < census.user_namespaces.size(); ++i) {
    const std::uint32_t outer = census.user_namespaces[i].outer;
    CHECK((outer == kNoIndex || outer < i));
  }
}

TEST_CASE("groups are one however many hold them and know whom they charge", "[census]") {
  const auto initial = static_cast<std::uint32_t>(kInitialUserNs.value());
  Walk walk;
  walk.process(1, 5).process(2, 3);
  walk.ucounts(900, 0, initial, 1000, 12, 64).ucounts(901, 900, 4026532001, 100033, 12, 2147483647);
  walk.group(1, 40, 901, 12).group(2, 40, 901, 12).group(1, 40, 901, 12);
  const Census census = walk.census();
  REQUIRE(census.notify_groups.size() == 1);
  const NotifyGroup& group = census.notify_groups[0];
  CHECK(group.holders == std::vector<std::uint32_t>{0, 1});
  CHECK(group.watches == 12);
  CHECK(group.charged_uid == Uid(100033));
  const UserNamespace& inner = census.user_namespaces.at(group.user_ns);
  CHECK(inner.inode == UserNsInode(4026532001));
  CHECK(inner.owner == Uid(1000));
  CHECK(census.user_namespaces.at(inner.outer).inode == kInitialUserNs);
  // The child has no limit of its own: no pool.
  REQUIRE(census.charges.size() == 1);
  CHECK(census.charges[0].uid == Uid(1000));
  CHECK(census.charges[0].used == 12);
}

TEST_CASE("a limit that the kernel does not have is not known and no limit is", "[census]") {
  constexpr std::uint64_t kInfinity = ~0ULL;
  kc_process process{};
  process.kind = KC_RECORD_PROCESS;
  process.pid = 1;
  process.live_threads = 1;
  process.userns = 4026532001;
  process.descriptor_limit = kInfinity;
  process.process_limit = 40;
  process.memlock_limit = kInfinity;
  kc_ucounts host{};
  host.id = 1;
  host.userns = static_cast<std::uint32_t>(kInitialUserNs.value());
  kc_ucounts inner{};
  inner.id = 2;
  inner.outer = 1;
  inner.userns = 4026532001;
  inner.present = 1U << KC_PROCESSES | 1U << KC_MQUEUE_BYTES;
  inner.limit[KC_PROCESSES] = 50;
  inner.limit[KC_MQUEUE_BYTES] = std::numeric_limits<std::int64_t>::max();
  Walk walk;
  walk.books.take(&host);
  walk.books.take(&inner);
  walk.books.take(&process);
  const Census census = walk.census();

  CHECK(at(census, 1).descriptor_limit == catalogue::Limit{});
  const UserLimits& of_process = at(census, 1).user_limits;
  CHECK(of_process.processes == catalogue::Limit{40});
  CHECK(of_process.pending_signals == catalogue::Limit{0});
  CHECK(of_process.locked_memory_bytes == catalogue::Limit{});
  const UserLimits& of_namespace = census.user_namespaces.at(at(census, 1).user_ns).user_limits;
  CHECK(of_namespace.processes == catalogue::Limit{50});
  CHECK(of_namespace.mqueue_bytes == catalogue::Limit{});
  CHECK_FALSE(of_namespace.pending_signals);
}

TEST_CASE("pages beyond all memory are a number and no accident", "[census]") {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  kc_ucounts record{};
  record.present = 1U << KC_LOCKED_MEMORY;
  record.used[KC_LOCKED_MEMORY] = kMost;
  CHECK(charges_of(record).size() == 1);
  kc_user user{};
  user.present = KC_USER_HAS_LOCKED;
  user.locked_pages = kMost;
  CHECK(charges_of(user).size() == 1);
  user.locked_pages = 3;
  CHECK(charges_of(user).at(0).used == 3 * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
}

TEST_CASE("a limit that a namespace has of its own makes a pool", "[census]") {
  kc_ucounts record{};
  record.outer = 1;
  record.userns = 4026532001;
  record.present = 1U << KC_INOTIFY_WATCHES | 1U << KC_FANOTIFY_MARKS;
  record.used[KC_INOTIFY_WATCHES] = -1;
  record.limit[KC_INOTIFY_WATCHES] = 30;
  record.limit[KC_FANOTIFY_MARKS] = 2147483647;
  const auto charges = charges_of(record);
  REQUIRE(charges.size() == 1);
  CHECK(charges[0].resource == ResourceId::kInotifyWatches);
  CHECK(charges[0].used == 0);
  CHECK(charges[0].limit == catalogue::Limit{30});
}

TEST_CASE("the creator of a group is told while its cgroup lives", "[census]") {
  Walk walk;
  walk.directory(100, 0, "").directory(101, 100, "docker").directory(102, 101, kId);
  walk.process(1, 1);
  walk.group(1, 40, 0, 3, 102).group(1, 41, 0, 3, 102, KC_HIERARCHY_DEFAULT | KC_HIERARCHY_DEAD);
  const Census census = walk.census();
  REQUIRE(census.notify_groups.size() == 2);
  const auto creator = census.notify_groups[0].creator;
  REQUIRE(creator != kNoIndex);
  CHECK(census.placements.at(creator).container->id == kId);
  CHECK(census.notify_groups[1].creator == kNoIndex);
}

TEST_CASE("fanotify marks that are not charged are not counted", "[census]") {
  Walk walk;
  walk.process(1, 1);
  kc_group record{};
  record.kind = KC_RECORD_GROUP;
  record.pid = 1;
  record.type = KC_FILE_FANOTIFY;
  record.marks = 60;
  record.unlimited_marks = 1;
  walk.books.take(&record);
  const Census census = walk.census();
  CHECK(census.notify_groups.at(0).kind == NotifyGroup::Kind::kFanotify);
  CHECK(census.notify_groups.at(0).watches == 0);
}

TEST_CASE("mappings are carried over to the same program of the same process alone", "[census]") {
  const SteadyTime start{1h};
  BpfMappings mappings({.interval = 60s});
  const kc_file library{
      .kind = KC_RECORD_FILE, .pid = 1, .id = 70, .held_by = KC_HELD_BY_MAPPING, .unused = 0};
  Walk first;
  first.process(1, 1, 0, 500);
  CHECK(mappings.is_due(first.books, start));
  mappings.begin(first.books);
  mappings.take(&library);
  mappings.take(&library);
  mappings.end(start);
  CHECK_FALSE(mappings.is_due(first.books, start + 59s));
  CHECK(mappings.is_due(first.books, start + 60s));
  CHECK(mappings.age(start + 7s) == 7s);

  Walk next;
  SECTION("the same") {
    next.process(1, 1, 0, 500);
    next.books.take(mappings.files());
    CHECK(files_of(next.census(), 1) == 2);
  }
  SECTION("after an exec") {
    next.process(1, 1, 0, 501);
    CHECK(mappings.is_due(next.books, start + 1s));
    next.books.take(mappings.files());
    CHECK(files_of(next.census(), 1) == 1);
  }
  SECTION("another process with that PID") {
    next.process(1, 2, 0, 500);
    next.books.take(mappings.files());
    CHECK(files_of(next.census(), 1) == 1);
  }
}
