#include "attribution/holder_drops.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "attribution/attributor.hpp"

using namespace kcommons;
using namespace kcommons::attribution;
using census::Census;

namespace {

cgroup::Placement container(const std::string& id) {
  cgroup::Placement placement;
  placement.container = cgroup::Container{.runtime = cgroup::Runtime::kDocker, .id = id};
  placement.path = "/docker/" + id;
  return placement;
}

cgroup::Placement unit(const std::string& name) {
  cgroup::Placement placement;
  placement.unit = name;
  return placement;
}

// A census of processes in network namespaces, the oldest first.
class Builder {
 public:
  Builder& process(const cgroup::Placement& placement, std::uint64_t net_ns, bool alive = true) {
    census_.placements.push_back(placement);
    census::ProcessRecord record;
    record.pid = Pid(static_cast<int>(census_.processes.size() + 1));
    record.placement = static_cast<std::uint32_t>(census_.placements.size() - 1);
    record.net_ns = NetNsInode(net_ns);
    record.alive = alive;
    record.files = 1000 - census_.processes.size();
    census_.processes.push_back(record);
    return *this;
  }
  // A pod's own, as evidence tells.
  Builder& sandbox(const std::string& id, std::uint64_t net_ns) {
    census_.names[{cgroup::Runtime::kDocker, id}] =
        std::make_shared<census::ContainerNames>(census::ContainerNames{.sandbox = true});
    return process(container(id), net_ns);
  }
  Builder& dropped(std::uint64_t net_ns, std::uint64_t packets) {
    census_.network_drops.push_back({NetNsInode(net_ns), packets});
    return *this;
  }
  [[nodiscard]] const Census& census() const { return census_; }

 private:
  Census census_;
};

// Of the holder with that id or unit; empty where there is no such holder or no such series.
std::optional<std::uint64_t> drops_of(const Snapshot& snapshot, const std::string& name) {
  for (const Holder& holder : snapshot.holders) {
    if ((holder.container_id.empty() ? holder.unit : holder.container_id) == name) {
      return holder.receive_dropped;
    }
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("drops are booked to whose the namespace is and to nobody twice", "[attribution]") {
  Attributor attributor({}, 0.5);
  const Snapshot snapshot = attributor.attribute(Builder()
                                                     .process(unit("init.scope"), 1)
                                                     .process(unit("sshd.service"), 1)
                                                     .process(container("aaa"), 2)
                                                     .process(container("bbb"), 2)
                                                     .process(container("hostnet"), 1)
                                                     .process(container("unknown"), 0)
                                                     .dropped(1, 5)
                                                     .dropped(2, 40)
                                                     .dropped(3, 100)
                                                     .census());
  CHECK(drops_of(snapshot, "init.scope") == 5U);
  CHECK(drops_of(snapshot, "aaa") == 40U);
  for (const char* other : {"sshd.service", "bbb", "hostnet", "unknown"}) {
    CAPTURE(other);
    CHECK_FALSE(drops_of(snapshot, other));
  }
}

TEST_CASE("a pod's drops are its sandbox's even when that is not the oldest", "[attribution]") {
  Attributor attributor({}, 0.5);
  const Snapshot snapshot = attributor.attribute(Builder()
                                                     .process(container("aaa"), 2)
                                                     .sandbox("ppp", 2)
                                                     .sandbox("qqq", 2)
                                                     .dropped(2, 40)
                                                     .census());
  CHECK(drops_of(snapshot, "ppp") == 40U);
  CHECK_FALSE(drops_of(snapshot, "aaa"));
  CHECK_FALSE(drops_of(snapshot, "qqq"));
}

TEST_CASE("a container that is only called POD is no sandbox", "[attribution]") {
  Attributor attributor({}, 0.5);
  cgroup::Placement pretender = container("ppp");
  pretender.container->name = "POD";
  const Snapshot snapshot = attributor.attribute(
      Builder().process(container("aaa"), 2).process(pretender, 2).dropped(2, 40).census());
  CHECK(drops_of(snapshot, "aaa") == 40U);
}

TEST_CASE("a sandbox on the host's network does not own it", "[attribution]") {
  Attributor attributor({}, 0.5);
  const Snapshot snapshot = attributor.attribute(
      Builder().process(unit("init.scope"), 1).sandbox("ppp", 1).dropped(1, 5).census());
  CHECK(drops_of(snapshot, "init.scope") == 5U);
  CHECK_FALSE(drops_of(snapshot, "ppp"));
}

TEST_CASE("a namespace that passes to another container brings no history", "[attribution]") {
  Attributor attributor({}, 0.5);
  attributor.attribute(
      Builder().process(container("aaa"), 2).process(container("bbb"), 2).dropped(2, 40).census());
  Snapshot snapshot =
      attributor.attribute(Builder().process(container("bbb"), 2).dropped(2, 43).census());
  CHECK(drops_of(snapshot, "bbb") == 3U);
  CHECK_FALSE(drops_of(snapshot, "aaa"));
  // A container that is gone has left nothing behind.
  snapshot = attributor.attribute(
      Builder().process(container("aaa"), 2).process(container("bbb"), 2).dropped(2, 44).census());
  CHECK(drops_of(snapshot, "aaa") == 1U);
  CHECK(drops_of(snapshot, "bbb") == 3U);  // which it keeps
}

TEST_CASE("what nobody owns waits for its owner", "[attribution]") {
  Attributor attributor({}, 0.5);
  attributor.attribute(Builder().process(container("aaa"), 2).dropped(2, 10).census());
  attributor.attribute(Builder().process(container("aaa"), 2, false).dropped(2, 15).census());
  const Snapshot snapshot =
      attributor.attribute(Builder().process(container("aaa"), 2).dropped(2, 16).census());
  CHECK(drops_of(snapshot, "aaa") == 16U);
}

TEST_CASE("the number of a namespace that is used again begins anew", "[attribution]") {
  Attributor attributor({}, 0.5);
  attributor.attribute(Builder().process(container("aaa"), 2).dropped(2, 10).census());
  const Snapshot lower =
      attributor.attribute(Builder().process(container("bbb"), 2).dropped(2, 4).census());
  CHECK(drops_of(lower, "bbb") == 4U);
  attributor.attribute(Builder().process(container("bbb"), 3).census());
  const Snapshot after_a_pause =
      attributor.attribute(Builder().process(container("ccc"), 2).dropped(2, 20).census());
  CHECK(drops_of(after_a_pause, "ccc") == 20U);
}

TEST_CASE("drops of containers that are cut are summed and their sum stays", "[attribution]") {
  Attributor attributor({.max_containers = 1}, 0.5);
  const auto take = [&](std::uint64_t b, std::uint64_t c) {
    return attributor.attribute(Builder()
                                    .process(container("aaa"), 1)
                                    .process(container("bbb"), 2)
                                    .process(container("ccc"), 3)
                                    .dropped(1, 7)
                                    .dropped(2, b)
                                    .dropped(3, c)
                                    .census());
  };
  const Snapshot first = take(10, 20);
  CHECK(drops_of(first, "aaa") == 7U);
  CHECK(drops_of(first, "_other") == 30U);
  CHECK(drops_of(take(11, 22), "_other") == 33U);
  const Snapshot later = attributor.attribute(Builder()
                                                  .process(container("aaa"), 1)
                                                  .process(container("ddd"), 4)
                                                  .dropped(1, 7)
                                                  .dropped(4, 1)
                                                  .census());
  CHECK(drops_of(later, "_other") == 34U);
  CHECK(drops_of(later, "aaa") == 7U);
}

TEST_CASE("pools that the kernel tells of one object are in the snapshot", "[attribution]") {
  Census census;
  const auto set = [&](catalogue::ResourceId id, std::uint64_t used, std::uint64_t limit) {
    census.readings[catalogue::index_of(id)] = {.used = used, .limit = catalogue::Limit{limit}};
  };
  set(catalogue::ResourceId::kPacketBacklog, 1001, 1000);
  set(catalogue::ResourceId::kBridgePorts, 4, 1023);
  census.cpu_drops = {{0, 5}, {3, 6}};
  const Snapshot snapshot = Attributor({}, 0.5).attribute(census);
  const auto find = [&](catalogue::ResourceId id) {
    return std::ranges::find(snapshot.pools, id, &Pool::resource);
  };
  REQUIRE(find(catalogue::ResourceId::kPacketBacklog) != snapshot.pools.end());
  CHECK(find(catalogue::ResourceId::kPacketBacklog)->used_at_census == 1001U);
  REQUIRE(find(catalogue::ResourceId::kBridgePorts) != snapshot.pools.end());
  CHECK(find(catalogue::ResourceId::kBridgePorts)->limit == catalogue::Limit{1023});
  REQUIRE(snapshot.cpu_drops.size() == 2);
  CHECK(snapshot.cpu_drops[1].cpu == 3);
}
