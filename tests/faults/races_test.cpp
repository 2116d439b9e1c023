// The world changes between two calls of a census: a process ends and its number is used again, it
// moves, it executes something else, its container dies. At each point of a census, and nobody is
// booked on the wrong container.
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attribution/attributor.hpp"
#include "calls.hpp"
#include "census/procfs_source.hpp"
#include "exposition/render.hpp"
#include "fake_clock.hpp"
#include "fake_proc.hpp"
#include "judge.hpp"
#include "procfs/net_links.hpp"

using namespace kcommons;
using namespace kcommons::test;
using attribution::Holder;
using attribution::Snapshot;

namespace {

const std::string kOld(64, 'a');
const std::string kNew(64, 'b');

std::string docker(const std::string& id) {
  return "4:memory:/docker/" + id + "\n0::/docker/" + id + "\n";
}

// One container with two processes, of which the second is to change, and the host.
struct Machine {
  FakeProc proc;
  FakeClock clock;
  std::unique_ptr<census::ProcfsSource> source;
  attribution::Attributor attributor{{}, 0.5};
  std::size_t points = 0;  // calls of the last census

  Machine() {
    proc.file_nr(1000, 65536).sysctl("fs/inotify/max_user_watches", "8192");
    proc.process(1).parent(0).cgroup("0::/init.scope\n").fds(1);
    proc.process(100).cgroup(docker(kOld)).fds(2);
    first_life();
    auto opened = census::ProcfsSource::open({.root = proc.path(),
                                              .sysfs = "/nothing",
                                              .layouts = cgroup::Layouts::built_in(),
                                              .inotify = {}},
                                             clock);
    if (!opened) throw std::runtime_error(opened.error().message());
    source = std::move(*opened);
  }

  // What the second process is at first: five files, of them an instance with seven watches.
  void first_life() {
    proc.remove_process(200);
    proc.process(200).uid(33).cgroup(docker(kOld)).start_time(500).fds(3);
    proc.process(200).fd(3, "anon_inode:inotify").watches(3, 7).fd(4, "pipe:[77]");
  }

  struct Taken {
    census::Census census;
    Snapshot snapshot;
  };

  // With `act` before call number `at`; SIZE_MAX: never.
  Taken take(std::size_t at, const std::function<void()>& act) {
    points = 0;
    auto census = [&] {
      const Watch watch([&](const Call&) {
        if (points++ == at) act();
        return Fault::kNone;
      });
      return source->take_census({});
    }();
    REQUIRE(census);
    clock.advance(std::chrono::seconds(61));
    return {.census = *census, .snapshot = attributor.attribute(*census)};
  }

  // Before each call of a census, one after the other. The world is as it was before each.
  void at_each_point(const std::function<void()>& act, const std::function<void()>& restore,
                     const std::function<void(const Taken&)>& check) {
    take(SIZE_MAX, {});
    const std::size_t all = points;
    REQUIRE(all > 50);
    for (std::size_t at = 0; at < all; ++at) {
      CAPTURE(at);
      restore();
      take(SIZE_MAX, {});
      const Taken taken = take(at, act);
      const Series series = series_of(exposition::render_holdings(taken.snapshot));
      for (const Difference& one : unbalanced(series)) FAIL_CHECK(one.series << ": " << one.what);
      check(taken);
    }
  }
};

struct Held {
  std::uint64_t files = 0;
  std::uint64_t watches = 0;
  std::uint64_t processes = 0;
};

Held held_by(const Snapshot& snapshot, const std::string& id) {
  Held held;
  for (std::size_t i = 0; i < snapshot.holders.size(); ++i) {
    const Holder& holder = snapshot.holders[i];
    if (holder.container_id != id && holder.unit != id) continue;
    held.processes += holder.workload.processes;
    for (const attribution::Pool& pool : snapshot.pools) {
      for (const attribution::Holding& holding : pool.holdings) {
        if (holding.holder != i) continue;
        if (pool.resource == catalogue::ResourceId::kOpenFiles) held.files += holding.used;
        if (pool.resource == catalogue::ResourceId::kInotifyWatches) held.watches += holding.used;
      }
    }
  }
  return held;
}

}  // namespace

TEST_CASE("a number that is used again while it is read mixes no two processes", "[faults]") {
  Machine machine;
  // In another container, of another user, with 40 files and no instance of inotify.
  const auto replace = [&] {
    machine.proc.remove_process(200);
    machine.proc.process(200).uid(1000).cgroup(docker(kNew)).start_time(900).fds(40);
  };
  bool was_old = false;
  bool was_new = false;
  machine.at_each_point(
      replace, [&] { machine.first_life(); },
      [&](const Machine::Taken& taken) {
        const Held old = held_by(taken.snapshot, kOld);
        const Held fresh = held_by(taken.snapshot, kNew);
        // Whole, in part where it ended meanwhile, or not at all; never with what the other has.
        CHECK(old.files >= 2);
        CHECK(old.files <= 7);
        CHECK(old.watches <= 7);
        CHECK((fresh.files == 0 || fresh.files == 40));
        CHECK(fresh.watches == 0);
        CHECK(old.processes + fresh.processes <= 2);
        was_old = was_old || old.files == 7;
        was_new = was_new || fresh.files == 40;
        for (const census::ProcessRecord& process : taken.census.processes) {
          if (process.pid != Pid(200)) continue;
          const bool is_old = process.start_time == 500;
          CHECK(process.effective_uid == Uid(is_old ? 33 : 1000));
          const auto& placement = taken.census.placements.at(process.placement);
          REQUIRE(placement.container);
          CHECK(placement.container->id == (is_old ? kOld : kNew));
        }
      });
  CHECK(was_old);
  CHECK(was_new);
}

TEST_CASE("a container that dies at any point of a census is less and nobody else's", "[faults]") {
  Machine machine;
  const auto die = [&] { machine.proc.remove_process(100).remove_process(200); };
  const auto live = [&] {
    machine.proc.process(100).cgroup(docker(kOld)).fds(2);
    machine.first_life();
  };
  machine.at_each_point(die, live, [&](const Machine::Taken& taken) {
    const Held held = held_by(taken.snapshot, kOld);
    CHECK(held.files <= 7);
    CHECK(held.watches <= 7);
    CHECK(held_by(taken.snapshot, "init.scope").files == 1);
    CHECK(taken.snapshot.processes == 1 + held.processes);
    const auto vanished = taken.census.unseen[static_cast<std::size_t>(census::Unseen::kVanished)];
    CHECK(held.processes + vanished <= 2);
    CHECK(taken.census.failures.first.empty());
  });
  // It is gone from the next census.
  CHECK(held_by(machine.take(SIZE_MAX, {}).snapshot, kOld).processes == 0);
}

TEST_CASE("a process that moves to another cgroup is booked whole in one of the two", "[faults]") {
  Machine machine;
  machine.at_each_point([&] { machine.proc.process(200).cgroup(docker(kNew)); },
                        [&] { machine.proc.process(200).cgroup(docker(kOld)); },
                        [&](const Machine::Taken& taken) {
                          const Held old = held_by(taken.snapshot, kOld);
                          const Held fresh = held_by(taken.snapshot, kNew);
                          CHECK(old.files + fresh.files == 7);
                          CHECK((fresh.files == 0 || fresh.files == 5));
                          CHECK(old.watches + fresh.watches == 7);
                          CHECK((fresh.watches == 7) == (fresh.files == 5));
                          CHECK(old.processes + fresh.processes == 2);
                        });
}

TEST_CASE("a cgroup that is removed and made again keeps its processes apart", "[faults]") {
  Machine machine;
  // The process of the old one lives on, as that of a cgroup that is gone; one of the new one, of
  // the same name, begins.
  const auto replace = [&] {
    machine.proc.process(200).cgroup("0::/docker/" + kOld + " (deleted)\n");
    machine.proc.process(300).uid(7).cgroup("0::/docker/" + kOld + "\n").start_time(950).fds(9);
  };
  const auto restore = [&] {
    machine.proc.remove_process(300);
    machine.proc.process(200).cgroup(docker(kOld));
  };
  machine.at_each_point(replace, restore, [&](const Machine::Taken& taken) {
    const Held held = held_by(taken.snapshot, kOld);
    CHECK((held.files == 7 || held.files == 16));
    CHECK(held.watches == 7);
    CHECK(taken.snapshot.containers == 1);
    for (const Holder& holder : taken.snapshot.holders) {
      CHECK((holder.container_id == kOld || holder.unit == "init.scope"));
    }
  });
}

TEST_CASE("a cgroup of a name that is another container's now is that container's", "[faults]") {
  Machine machine;
  // systemd gives a scope's name again: the process of before is gone, with its start time.
  machine.proc.process(200).cgroup("0::/system.slice/docker-" + kOld + ".scope\n");
  machine.take(SIZE_MAX, {});
  machine.proc.remove_process(200);
  machine.proc.process(200).start_time(999).cgroup("0::/elsewhere (deleted)\n").fds(6);
  const auto taken = machine.take(SIZE_MAX, {});
  CHECK(held_by(taken.snapshot, kOld).files == 2);
}

TEST_CASE("a process that executes as another user is of one of the two users", "[faults]") {
  Machine machine;
  const auto execute = [&] {
    machine.proc.process(200).comm("su").uids(0, 0).capabilities(0x1ffffffffff).limits(4096);
  };
  const auto restore = [&] { machine.first_life(); };
  machine.at_each_point(execute, restore, [&](const Machine::Taken& taken) {
    const Held held = held_by(taken.snapshot, kOld);
    CHECK(held.files == 7);
    CHECK(held.watches == 7);
    CHECK(held.processes == 2);
    for (const census::ProcessRecord& process : taken.census.processes) {
      if (process.pid != Pid(200)) continue;
      // Both UIDs and the capabilities are out of one file.
      const bool is_root = process.effective_uid == Uid(0);
      CHECK(process.real_uid == process.effective_uid);
      CHECK((process.privileges != 0) == is_root);
    }
  });
}

TEST_CASE("a process that ends for real between two calls leaves nothing wrong", "[faults]") {
  const FakeClock clock;
  auto source = census::ProcfsSource::open(
      {.root = "/proc", .layouts = cgroup::Layouts::built_in(), .inotify = {}}, clock);
  REQUIRE(source);
  // Killed before each of the first calls that are about it.
  for (std::size_t at = 0; at < 12; ++at) {
    CAPTURE(at);
    const pid_t pid = ::fork();
    if (pid == 0) {
      while (true) ::pause();
    }
    REQUIRE(pid > 0);
    const std::string folder = "/proc/" + std::to_string(pid);
    std::size_t seen = 0;
    auto census = [&] {
      const Watch watch([&](const Call& call) {
        if (!call.path.starts_with(folder) || seen++ != at) return Fault::kNone;
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        return Fault::kNone;
      });
      return (*source)->take_census({});
    }();
    REQUIRE(seen > at);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    REQUIRE(census);
    for (const census::ProcessRecord& process : census->processes) {
      if (process.pid != Pid(pid)) continue;
      // What was read of it is its own.
      CHECK(process.parent == Pid(::getpid()));
      CHECK(process.effective_uid == Uid(::geteuid()));
    }
    const std::string& first = census->failures.first;
    CHECK(first.find(folder + ":") == std::string::npos);
    CHECK(first.find(folder + "/") == std::string::npos);
  }
}

TEST_CASE("a list of devices that breaks off does not stand in the way of the next", "[faults]") {
  auto links = procfs::NetLinks::open();
  REQUIRE(links);
  const auto whole = links->list();
  REQUIRE(whole);
  for (const Fault fault :
       {Fault::kNoMemory, Fault::kInputOutput, Fault::kEmpty, Fault::kCut, Fault::kGarbage}) {
    for (std::size_t at = 0; at < 4; ++at) {
      CAPTURE(name_of(fault), at);
      {
        std::size_t next = 0;
        const Watch watch([&](const Call& call) {
          const bool is_answer = call.kind == CallKind::kReceive;
          return is_answer && next++ == at ? fault : Fault::kNone;
        });
        static_cast<void>(links->list());
      }
      const auto again = links->list();
      if (!again) FAIL_CHECK(again.error().message());
      if (again) CHECK(again->size() == whole->size());
    }
  }
}
