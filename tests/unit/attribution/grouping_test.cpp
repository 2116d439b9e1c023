#include "attribution/grouping.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <map>
#include <random>
#include <string>

#include "attribution/attributor.hpp"

using namespace kcommons;
using namespace kcommons::attribution;
using catalogue::ResourceId;
using census::Census;
using census::NotifyGroup;
using census::ProcessRecord;

namespace {

cgroup::Placement container(const std::string& id, const std::string& path,
                            const std::string& pod_uid = {}) {
  cgroup::Placement placement;
  placement.container =
      cgroup::Container{.runtime = cgroup::Runtime::kDocker, .id = id, .pod_uid = pod_uid};
  placement.path = path;
  return placement;
}

cgroup::Placement monitor(const std::string& id) {
  cgroup::Placement placement = container(id, "/monitor");
  placement.role = cgroup::Role::kRuntime;
  return placement;
}

cgroup::Placement unit(const std::string& name) {
  cgroup::Placement placement;
  placement.unit = name;
  placement.path = "/system.slice/" + name;
  return placement;
}

Census empty_census() {
  Census census;
  census.user_namespaces.push_back({.inode = kInitialUserNs});
  census.readings[catalogue::index_of(ResourceId::kOpenFiles)] = {.used = 1000,
                                                                  .limit = catalogue::Limit{5000}};
  return census;
}

std::uint32_t add_process(Census& census, std::uint32_t placement, std::uint32_t uid,
                          std::uint64_t files) {
  ProcessRecord process;
  process.pid = Pid(static_cast<int>(census.processes.size() + 100));
  process.placement = placement;
  process.user_ns = 0;
  process.effective_uid = process.real_uid = Uid(uid);
  process.threads = 1;
  process.files = files;
  census.processes.push_back(process);
  return static_cast<std::uint32_t>(census.processes.size() - 1);
}

NotifyGroup& add_inotify(Census& census, std::vector<std::uint32_t> holders,
                         std::uint64_t watches) {
  NotifyGroup group;
  group.user_ns = census.processes[holders.front()].user_ns;
  group.charged_uid = census.processes[holders.front()].effective_uid;
  group.holders = std::move(holders);
  group.watches = watches;
  census.notify_groups.push_back(group);
  return census.notify_groups.back();
}

Snapshot attribute(const Census& census) {
  constexpr auto kMost = std::numeric_limits<std::size_t>::max();
  return Attributor({kMost, kMost, kMost, kMost}, 0.5).attribute(census);
}

std::string name_of(const Census& census, const Grouping& grouping, const Group& group) {
  if (!group.uid.empty()) return group.uid;
  if (!group.unit.empty()) return group.unit;
  const Holder& holder = grouping.holders.at(group.holder);
  if (group.pod) return "pod " + holder.pod_uid;
  const std::string name = holder.kind == Holder::Kind::kHost ? holder.unit : holder.container_id;
  if (group.process == census::kNoIndex) return name;
  return std::to_string(census.processes.at(group.process).pid.value()) + " of " + name;
}

// Who holds how much of one pool.
std::map<std::string, std::uint64_t> held(const Census& census, By by, ResourceId resource,
                                          const std::string& uid = {}) {
  const Snapshot snapshot = attribute(census);
  const Grouping grouping = group_holdings(census, snapshot, by);
  std::map<std::string, std::uint64_t> amounts;
  for (std::size_t i = 0; i < snapshot.pools.size(); ++i) {
    if (snapshot.pools[i].resource != resource || snapshot.pools[i].uid != uid) continue;
    for (const GroupHolding& holding : grouping.pools[i]) {
      amounts[name_of(census, grouping, grouping.groups.at(holding.group))] += holding.used;
    }
  }
  return amounts;
}

using Amounts = std::map<std::string, std::uint64_t>;

}  // namespace

TEST_CASE("open files are grouped by whatever is asked", "[attribution]") {
  Census census = empty_census();
  census.placements = {container("aaa", "/system.slice/docker-aaa.scope", "p1"),
                       container("bbb", "/kubepods/podp1/bbb", "p1"), unit("sshd.service"),
                       monitor("aaa")};
  add_process(census, 0, 33, 10);
  add_process(census, 1, 33, 20);
  add_process(census, 2, 0, 5);
  add_process(census, 3, 0, 7);
  add_process(census, 0, 0, 1);
  const auto files = [&](By by) { return held(census, by, ResourceId::kOpenFiles); };
  CHECK(files(By::kContainer) == Amounts{{"aaa", 18}, {"bbb", 20}, {"sshd.service", 5}});
  CHECK(files(By::kUid) == Amounts{{"33", 30}, {"0", 13}});
  // What the monitor holds is its container's.
  CHECK(files(By::kUnit) ==
        Amounts{{"docker-aaa.scope", 18}, {"/kubepods/podp1/bbb", 20}, {"sshd.service", 5}});
  CHECK(files(By::kPod) == Amounts{{"pod p1", 38}, {"sshd.service", 5}});
  CHECK(files(By::kProcess) == Amounts{{"100 of aaa", 10},
                                       {"101 of bbb", 20},
                                       {"102 of sshd.service", 5},
                                       {"103 of aaa", 7},
                                       {"104 of aaa", 1}});
}

TEST_CASE("a pool of a user is all that user's whoever holds it", "[attribution]") {
  Census census = empty_census();
  // Made in a user namespace of root's by user 100033.
  census.user_namespaces.push_back({.inode = UserNsInode(4026532001), .outer = 0, .owner = Uid(0)});
  census.placements = {container("aaa", "/docker/aaa")};
  const auto process = add_process(census, 0, 100033, 3);
  census.processes[process].user_ns = 1;
  add_inotify(census, {process}, 40);
  CHECK(held(census, By::kUid, ResourceId::kInotifyWatches, "0") == Amounts{{"0", 40}});
  CHECK(held(census, By::kUid, ResourceId::kOpenFiles) == Amounts{{"100033", 3}});
  CHECK(held(census, By::kProcess, ResourceId::kInotifyWatches, "0") ==
        Amounts{{"100 of aaa", 40}});
}

TEST_CASE("a group is its creator's and stands at the oldest process that has it",
          "[attribution]") {
  Census census = empty_census();
  census.placements = {container("aaa", "/docker/aaa"), container("bbb", "/docker/bbb")};
  const auto older = add_process(census, 0, 0, 1);
  const auto newer = add_process(census, 1, 0, 1);
  add_inotify(census, {older, newer}, 9).creator = 1;
  CHECK(held(census, By::kContainer, ResourceId::kInotifyWatches, "0") == Amounts{{"bbb", 9}});
  CHECK(held(census, By::kProcess, ResourceId::kInotifyWatches, "0") == Amounts{{"100 of aaa", 9}});
}

TEST_CASE("of the queues the fullest alone is grouped", "[attribution]") {
  Census census = empty_census();
  census.placements = {container("aaa", "/docker/aaa"), container("bbb", "/docker/bbb")};
  add_inotify(census, {add_process(census, 0, 0, 1)}, 1).queue = census::Queue{500, 1000};
  add_inotify(census, {add_process(census, 1, 0, 1)}, 1).queue = census::Queue{800, 1000};
  add_inotify(census, {add_process(census, 0, 0, 1)}, 1).queue = census::Queue{700, 1000};
  CHECK(held(census, By::kContainer, ResourceId::kInotifyQueuedEvents) == Amounts{{"bbb", 800}});
}

TEST_CASE("what shims and monitors hold is told apart", "[attribution]") {
  Census census = empty_census();
  census.placements = {container("aaa", "/docker/aaa"), monitor("aaa")};
  add_process(census, 0, 0, 10);
  add_process(census, 1, 0, 4);
  const Snapshot snapshot = attribute(census);
  const Grouping grouping = group_holdings(census, snapshot, By::kContainer);
  REQUIRE(snapshot.pools.at(0).resource == ResourceId::kOpenFiles);
  REQUIRE(grouping.pools.at(0).size() == 1);
  CHECK(grouping.pools[0][0].used == 14);
  CHECK(grouping.pools[0][0].runtime_used == 4);
}

TEST_CASE("every way to group has the sums of the snapshot", "[attribution]") {
  std::mt19937 random(GENERATE(1U, 2U, 3U, 4U, 5U));
  const auto up_to = [&](std::uint32_t most) {
    return std::uniform_int_distribution<std::uint32_t>(0, most)(random);
  };
  Census census = empty_census();
  census.exact = true;
  census.user_namespaces.push_back({.inode = UserNsInode(7), .outer = 0, .owner = Uid(1)});
  census.user_namespaces.push_back({.inode = UserNsInode(8), .outer = 1, .owner = Uid(2)});
  census.charges.push_back({.resource = ResourceId::kInotifyWatches,
                            .user_ns = UserNsInode(7),
                            .uid = Uid(3),
                            .used = 5000,
                            .limit = catalogue::Limit{9000}});
  for (int i = 0; i < 5; ++i) {
    const std::string id = "c" + std::to_string(i);
    census.placements.push_back(container(id, "/docker/" + id, i < 3 ? "pod" : ""));
    census.placements.push_back(unit("u" + std::to_string(i)));
  }
  census.placements.push_back(monitor("c1"));
  for (int i = 0; i < 40; ++i) {
    const auto process = add_process(census, up_to(10), up_to(4), up_to(30));
    census.processes[process].user_ns = up_to(2);
    census.processes[process].threads = up_to(3);
    census.processes[process].net_ns = NetNsInode(up_to(2));
    census.objects.push_back(
        {.resource = up_to(1) == 0 ? ResourceId::kPipePages : ResourceId::kPtys,
         .process = process,
         .amount = up_to(20),
         .charged_uid = Uid(up_to(3))});
  }
  for (int i = 0; i < 60; ++i) {
    const std::uint32_t first = up_to(38);
    NotifyGroup& group = add_inotify(census, {first, first + 1}, up_to(100));
    if (up_to(1) == 0) group.creator = up_to(10);
    if (up_to(3) == 0) group.kind = NotifyGroup::Kind::kFanotify;
    group.queue = census::Queue{up_to(100), 100};
  }
  census.by_network.push_back(
      {.resource = ResourceId::kNeighboursIpv4, .net_ns = NetNsInode(1), .amount = 6});
  for (const ResourceId id :
       {ResourceId::kThreads, ResourceId::kPids, ResourceId::kPtys, ResourceId::kNeighboursIpv4}) {
    census.readings[catalogue::index_of(id)].used = 999;
  }

  const Snapshot snapshot = attribute(census);
  REQUIRE(snapshot.pools.size() > 10);
  for (const By by : {By::kContainer, By::kUid, By::kUnit, By::kProcess, By::kPod}) {
    const Grouping grouping = group_holdings(census, snapshot, by);
    REQUIRE(grouping.pools.size() == snapshot.pools.size());
    for (std::size_t i = 0; i < snapshot.pools.size(); ++i) {
      CAPTURE(static_cast<int>(by), catalogue::resource(snapshot.pools[i].resource).name,
              snapshot.pools[i].uid);
      std::uint64_t sum = 0;
      for (const GroupHolding& holding : grouping.pools[i]) sum += holding.used;
      std::uint64_t expected = 0;
      for (const Holding& holding : snapshot.pools[i].holdings) expected += holding.used;
      CHECK(sum == expected);
      CHECK(std::ranges::is_sorted(grouping.pools[i], std::greater{}, &GroupHolding::used));
    }
  }
}
