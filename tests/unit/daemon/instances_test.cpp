#include "daemon/instances.hpp"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/unique_fd.hpp"

using namespace kcommons;

namespace {

Pid own() {
  return Pid(static_cast<Pid::rep>(::getpid()));
}

// An instance that watches folders of the root.
UniqueFd instance_watching(const std::vector<const char*>& folders) {
  UniqueFd instance(::inotify_init1(IN_CLOEXEC));
  for (const char* folder : folders) {
    REQUIRE(::inotify_add_watch(instance.get(), folder, IN_CREATE) > 0);
  }
  return instance;
}

}  // namespace

TEST_CASE("the instances of a process are told once each and the largest first", "[daemon][live]") {
  const UniqueFd small = instance_watching({"/etc"});
  const UniqueFd large = instance_watching({"/etc", "/usr"});
  const UniqueFd again(::fcntl(large.get(), F_DUPFD_CLOEXEC, 0));
  REQUIRE(again.is_open());
  const auto instances = daemon::read_instances("/proc", own());
  REQUIRE(instances);
  CHECK(instances->pid == own());
  CHECK_FALSE(instances->command.empty());
  REQUIRE(instances->instances.size() >= 2);
  CHECK(instances->instances[0].watches == 2);
  CHECK(instances->instances[0].fd == large.get());
  CHECK(instances->instances[1].fd == small.get());
}

TEST_CASE("what an instance watches is told with its path", "[daemon][live]") {
  const UniqueFd instance = instance_watching({"/etc", "/usr"});
  const auto watches = daemon::read_watches("/proc", own(), instance.get(), 100);
  REQUIRE(watches);
  CHECK(watches->total == 2);
  REQUIRE(watches->watches.size() == 2);
  CAPTURE(watches->limits);
  CHECK(watches->resolved == 2);
  CHECK((watches->watches[0].path == "/etc" || watches->watches[1].path == "/etc"));
}

TEST_CASE("of many watches the first are told and how many there are", "[daemon][live]") {
  const UniqueFd instance = instance_watching({"/etc", "/usr", "/proc"});
  const auto watches = daemon::read_watches("/proc", own(), instance.get(), 2);
  REQUIRE(watches);
  CHECK(watches->total == 3);
  CHECK(watches->watches.size() == 2);
  CHECK(watches->limits.back() == "the first 2 of 3 are shown");
}

TEST_CASE("a process that is gone and a descriptor that is none are errors", "[daemon][live]") {
  constexpr Pid::rep kNobody = 4'194'303;
  const auto gone = daemon::read_instances("/proc", Pid(kNobody));
  REQUIRE_FALSE(gone);
  CHECK(gone.error().kind() == ErrorKind::kGone);
  CHECK_FALSE(daemon::read_watches("/proc", own(), 999'999, 10));
  CHECK_FALSE(daemon::read_instances("/nothing", own()));
}
