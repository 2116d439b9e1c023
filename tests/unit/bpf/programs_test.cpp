// The programs against the running kernel: what this process holds is what they tell.
#include "bpf/programs.hpp"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "bpf/records.h"
#include "no_more_descriptors.hpp"

using kcommons::UniqueFd;
using kcommons::bpf::Programs;
using kcommons::bpf::Walk;

namespace {

// What one walk told, as far as these tests look.
struct Told {
  std::map<int, kc_process> processes;
  std::map<int, kc_table> tables;
  std::vector<kc_file> files;
  std::vector<kc_group> groups;
  std::map<std::uint64_t, kc_ucounts> ucounts;
  std::vector<std::string> cgroup_names;

  void take(std::span<const std::byte> bytes) {
    std::uint32_t kind = 0;
    std::memcpy(&kind, bytes.data(), sizeof(kind));
    const auto as = [&](auto record) {
      REQUIRE(bytes.size() == sizeof(record));
      std::memcpy(&record, bytes.data(), sizeof(record));
      return record;
    };
    if (kind == KC_RECORD_PROCESS) {
      const auto process = as(kc_process{});
      processes[process.pid] = process;
    } else if (kind == KC_RECORD_TABLE) {
      const auto table = as(kc_table{});
      tables[table.pid] = table;
    } else if (kind == KC_RECORD_FILE) {
      files.push_back(as(kc_file{}));
    } else if (kind == KC_RECORD_GROUP) {
      groups.push_back(as(kc_group{}));
    } else if (kind == KC_RECORD_UCOUNTS) {
      const auto one = as(kc_ucounts{});
      ucounts[one.id] = one;
    } else if (kind == KC_RECORD_CGROUP) {
      kc_cgroup cgroup{};
      std::memcpy(&cgroup, bytes.data(), bytes.size());
      REQUIRE(bytes.size() == offsetof(kc_cgroup, name) + cgroup.name_size);
      cgroup_names.emplace_back(cgroup.name, cgroup.name_size);
    }
  }
};

std::unique_ptr<Programs> load() {
  auto loaded = Programs::load();
  if (!loaded) FAIL("cannot load: " << loaded.error().message());
  return std::move(*loaded);
}

Told run(Programs& programs, Walk walk) {
  Told told;
  const auto done =
      programs.run(walk, [&](std::span<const std::byte> bytes) { told.take(bytes); }, {});
  if (!done) FAIL(done.error().message());
  return told;
}

kc_table own_table(const Told& told) {
  const auto at = told.tables.find(::getpid());
  REQUIRE(at != told.tables.end());
  return at->second;
}

// The least that one of so many walks told while no descriptor could be opened; 0 where one failed.
// UBSan needs a descriptor to look at what Catch does: nothing is checked in here.
std::size_t records_without_descriptors(Programs& programs, Walk walk, int times) {
  const kcommons::test::NoMoreDescriptors none;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (int i = 0; i < times; ++i) {
    std::size_t told = 0;
    const auto done = programs.run(walk, [&told](std::span<const std::byte>) { ++told; }, {});
    least = std::min(least, done ? told : 0);
  }
  return least;
}

}  // namespace

TEST_CASE("a walk tells the descriptors of this process by type", "[bpf]") {
  const auto programs = load();
  const kc_table before = own_table(run(*programs, Walk::kHoldings));
  std::vector<UniqueFd> made;
  for (int i = 0; i < 100; ++i) made.emplace_back(::eventfd(0, EFD_CLOEXEC));
  for (int i = 0; i < 70; ++i) made.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  for (int i = 0; i < 30; ++i) made.emplace_back(::open("/", O_PATH | O_CLOEXEC));
  const kc_table after = own_table(run(*programs, Walk::kHoldings));
  CHECK(after.by_type[KC_FILE_EVENTFD] - before.by_type[KC_FILE_EVENTFD] == 100);
  CHECK(after.by_type[KC_FILE_DEVICE] - before.by_type[KC_FILE_DEVICE] == 70);
  CHECK(after.by_type[KC_FILE_DIRECTORY] - before.by_type[KC_FILE_DIRECTORY] == 30);
  CHECK(after.unshared - before.unshared == 200);
}

TEST_CASE("a duplicated descriptor is told as a shared file twice", "[bpf]") {
  const auto programs = load();
  const kc_table before = own_table(run(*programs, Walk::kHoldings));
  const UniqueFd one(::eventfd(0, EFD_CLOEXEC));
  const UniqueFd other(::fcntl(one.get(), F_DUPFD_CLOEXEC, 0));
  const Told told = run(*programs, Walk::kHoldings);
  CHECK(own_table(told).unshared == before.unshared);
  std::map<std::uint64_t, int> held;
  for (const kc_file& file : told.files) {
    if (file.pid == ::getpid()) ++held[file.id];
  }
  int twice = 0;
  for (const auto& [file, times] : held) twice += times == 2 ? 1 : 0;
  CHECK(twice >= 1);
}

TEST_CASE("files that only an io_uring holds are told as fixed", "[bpf]") {
  const auto programs = load();
  io_uring_params parameters{};
  const UniqueFd ring(static_cast<int>(::syscall(SYS_io_uring_setup, 8, &parameters)));
  if (!ring.is_open()) {
    WARN("skipped: no io_uring here: " << std::strerror(errno));
    return;
  }
  const UniqueFd registered(::eventfd(0, EFD_CLOEXEC));
  {
    const UniqueFd one(::eventfd(0, EFD_CLOEXEC));
    const UniqueFd other(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const std::array<int, 4> files{one.get(), -1, other.get(), registered.get()};
    REQUIRE(::syscall(SYS_io_uring_register, ring.get(), IORING_REGISTER_FILES, files.data(),
                      files.size()) == 0);
  }
  const Told told = run(*programs, Walk::kHoldings);
  const kc_table table = own_table(told);
  CHECK(table.by_type[KC_FILE_IO_URING] == 1);
  CHECK(table.fixed == 2);
  // The third has a descriptor too.
  CHECK(std::ranges::count_if(told.files, [](const kc_file& file) {
          return file.pid == ::getpid() && file.held_by == KC_HELD_BY_IO_URING;
        }) == 1);
}

TEST_CASE("anonymous files that the loader has no sample of are told by name", "[bpf]") {
  const auto programs = load();
  const kc_table before = own_table(run(*programs, Walk::kHoldings));
  // Those of the loaded programs, their maps and links.
  CHECK(before.by_type[KC_FILE_BPF] > 0);
  // 1 is UFFD_USER_MODE_ONLY, which needs no right.
  const UniqueFd faults(static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC | 1)));
  if (!faults.is_open()) {
    WARN("skipped: no userfaultfd here: " << std::strerror(errno));
    return;
  }
  const kc_table after = own_table(run(*programs, Walk::kHoldings));
  CHECK(after.by_type[KC_FILE_USERFAULTFD] - before.by_type[KC_FILE_USERFAULTFD] == 1);
}

TEST_CASE("an inotify group tells its watches and whom it charges", "[bpf]") {
  const auto programs = load();
  const UniqueFd instance(::inotify_init1(IN_CLOEXEC));
  REQUIRE(instance.is_open());
  for (const char* path : {"/", "/etc", "/usr", "/proc", "/dev"}) {
    REQUIRE(::inotify_add_watch(instance.get(), path, IN_CREATE) >= 0);
  }
  const Told told = run(*programs, Walk::kHoldings);
  std::optional<kc_group> ours;
  for (const kc_group& group : told.groups) {
    if (group.pid == ::getpid() && group.type == KC_FILE_INOTIFY && group.marks == 5) ours = group;
  }
  REQUIRE(ours);
  const auto charged = told.ucounts.find(ours->ucounts);
  REQUIRE(charged != told.ucounts.end());
  CHECK(charged->second.uid == ::geteuid());
  CHECK(charged->second.used[KC_INOTIFY_WATCHES] >= 5);
  CHECK(charged->second.limit[KC_INOTIFY_WATCHES] > 5);
}

TEST_CASE("a cgroup name of 255 bytes is told whole", "[bpf]") {
  const auto programs = load();
  const std::string name(255, 'n');
  const std::filesystem::path mount =
      std::filesystem::exists("/sys/fs/cgroup/memory") ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
  const std::filesystem::path path = mount / name;
  if (::mkdir(path.c_str(), 0755) != 0) {
    WARN("skipped: cannot make a cgroup in " << mount);
    return;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  std::ofstream(path / "cgroup.procs") << child;
  const Told told = run(*programs, Walk::kHoldings);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  while (::rmdir(path.c_str()) != 0 && errno == EBUSY) ::usleep(1000);
  CHECK(std::ranges::count(told.cgroup_names, name) == 1);
}

TEST_CASE("the pools tell the user of this process at every walk", "[bpf]") {
  const auto programs = load();
  for (int i = 0; i < 3; ++i) {
    const Told told = run(*programs, Walk::kPools);
    bool found = false;
    for (const auto& [id, one] : told.ucounts) found = found || one.uid == ::geteuid();
    CHECK(found);
  }
}

TEST_CASE("mappings tell the files that this process has mapped", "[bpf]") {
  const auto programs = load();
  if (!programs->can(Walk::kMappings)) return;
  const Told told = run(*programs, Walk::kMappings);
  int own = 0;
  for (const kc_file& file : told.files) {
    own += file.pid == ::getpid() && file.held_by == KC_HELD_BY_MAPPING ? 1 : 0;
  }
  CHECK(own > 0);
}

TEST_CASE("walks that were made ahead go on when no descriptor can be opened", "[bpf]") {
  const auto programs = load();
  programs->keep_ready(Walk::kHoldings, 2);
  CHECK(programs->ready(Walk::kHoldings) == 2);
  // Each gives its descriptor back, and another is made of it.
  CHECK(records_without_descriptors(*programs, Walk::kHoldings, 4) > 0);
  CHECK(programs->ready(Walk::kHoldings) == 2);
}

TEST_CASE("without walks made ahead no walk begins when no descriptor can be opened", "[bpf]") {
  const auto programs = load();
  CHECK(records_without_descriptors(*programs, Walk::kHoldings, 1) == 0);
  CHECK_FALSE(run(*programs, Walk::kHoldings).processes.empty());
}

TEST_CASE("one walk over the pools serves all that follow", "[bpf]") {
  const auto programs = load();
  REQUIRE_FALSE(run(*programs, Walk::kPools).ucounts.empty());
  CHECK(records_without_descriptors(*programs, Walk::kPools, 100) > 0);
}

TEST_CASE("a walk whose taker finds no memory fails and leaves nothing to the next", "[bpf]") {
  const auto programs = load();
  const auto no_memory = [](std::span<const std::byte>) { throw std::bad_alloc(); };
  const auto done = programs->run(Walk::kHoldings, no_memory, {});
  REQUIRE_FALSE(done);
  CHECK(done.error().kind() == kcommons::ErrorKind::kExhausted);
  // Its records are not taken for those of this walk.
  CHECK(run(*programs, Walk::kPools).processes.empty());
}
