#include "sample_snapshot.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "procfs/fd.hpp"

namespace kcommons::testing {

using attribution::CurrentPool;
using attribution::Holder;
using attribution::Holding;
using attribution::Pool;
using attribution::Snapshot;
using catalogue::ResourceId;
using cgroup::Role;
using procfs::FdType;
using namespace std::string_literals;

namespace {

census::DescriptorCounts counts(std::initializer_list<std::pair<FdType, std::uint64_t>> by_type) {
  census::DescriptorCounts all{};
  for (const auto& [type, count] : by_type) all[static_cast<std::size_t>(type)] = count;
  return all;
}

std::uint64_t below(std::mt19937& random, std::uint64_t bound) {
  return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random);
}

}  // namespace

Holder container(std::string id, std::string name) {
  Holder holder;
  holder.kind = Holder::Kind::kContainer;
  holder.container_id = std::move(id);
  holder.runtime = "docker";
  holder.container = std::move(name);
  return holder;
}

Holder host_unit(std::string unit) {
  Holder holder;
  holder.unit = std::move(unit);
  return holder;
}

catalogue::Limit limit_of(std::uint64_t value) {
  return {.value = value};
}

Snapshot plain_snapshot() {
  Snapshot snapshot;
  Holder web = container("aaaa", "web");
  web.runtime = "containerd-cri";
  web.pod = "web-0";
  web.pod_namespace = "shop";
  web.pod_uid = "11111111-2222-3333-4444-555555555555";
  web.cgroup = "/kubepods.slice/cri-containerd-aaaa.scope";
  web.workload = {.processes = 3,
                  .descriptors = 40,
                  .by_type = counts({{FdType::kFile, 10}, {FdType::kSocket, 30}})};
  web.descriptor_limit_ratio = 0.25;
  Holder hog = container("bbbb", "hog");
  hog.parent_id = "aaaa";
  hog.cgroup = "/system.slice/docker-bbbb.scope";
  hog.workload = {.processes = 1, .descriptors = 1000, .by_type = {}};
  hog.runtime_part = {
      .processes = 1, .descriptors = 12, .by_type = counts({{FdType::kInotify, 1}})};
  hog.receive_dropped = 20002;
  Holder sshd = host_unit("sshd.service");
  sshd.receive_dropped = 0;
  snapshot.holders = {web, hog, sshd, host_unit(std::string(attribution::kOther))};
  snapshot.cpu_drops = {{0, 0x100000001}, {2, 20001}};

  Pool files{.resource = ResourceId::kOpenFiles,
             .userns = "",
             .uid = "",
             .used_at_census = 1100,
             .limit = kNoLimit,
             .holdings = {{1, Role::kWorkload, 1000}, {0, Role::kWorkload, 35}, {2, {}, 70}},
             .neighbours = {0, 1, 2},
             .container_neighbours = 2,
             .host_neighbours = 1,
             .unattributed = {{"unexplained", -5}}};
  Pool instances{.resource = ResourceId::kInotifyInstances,
                 .userns = "initial",
                 .uid = "0",
                 .used_at_census = 3,
                 .limit = limit_of(128),
                 .holdings = {{1, Role::kRuntime, 1}, {2, {}, 2}},
                 .neighbours = {1, 2},
                 .container_neighbours = 1,
                 .host_neighbours = 1,
                 .unattributed = {}};
  Pool watches{.resource = ResourceId::kInotifyWatches,
               .userns = "initial",
               .uid = "1000",
               .used_at_census = 1024,
               .limit = limit_of(1000),
               .holdings = {{1, Role::kWorkload, 1000}, {3, {}, 24}},
               .neighbours = {1, 2},
               .container_neighbours = 1,
               .host_neighbours = 1,
               .unattributed = {}};
  snapshot.pools = {files, instances, watches};
  snapshot.users = {{ResourceId::kOpenFiles, "0", "root", 1070},
                    {ResourceId::kOpenFiles, "1000", "", 35}};
  snapshot.ages = {{ResourceId::kInotifyWatches, std::chrono::milliseconds(12500)}};
  snapshot.processes = 212;
  snapshot.containers = 2;
  snapshot.unseen[static_cast<std::size_t>(census::Unseen::kVanished)] = 4;
  snapshot.series_dropped = 7;
  return snapshot;
}

std::vector<CurrentPool> plain_pools() {
  return {{ResourceId::kOpenFiles, "", "", 1472, kNoLimit, 1500},
          {ResourceId::kInotifyInstances, "initial", "0", 3, limit_of(128)},
          {ResourceId::kInotifyWatches, "initial", "1000", 1024, limit_of(1000)},
          {ResourceId::kInotifyWatches, "4026532201", "0", std::nullopt, limit_of(64), 60},
          {ResourceId::kInotifyWatches, "initial", "2000", 5, std::nullopt}};
}

Snapshot hostile_snapshot() {
  Snapshot snapshot = plain_snapshot();
  snapshot.holders[0].container = "a\"} 1\nkcommons_container_used{x=\"y";
  snapshot.holders[0].pod = "back\\slash\\";
  snapshot.holders[0].pod_namespace = "<script>alert('x')</script>";
  snapshot.holders[0].cgroup = "/bad\xff\xfe\xed\xa0\x80/utf8"s;
  snapshot.holders[1].container = "nul\0byte\r\ttab"s;
  snapshot.holders[1].cgroup = std::string(5000, 'x');
  snapshot.holders[2].unit = "# HELP kcommons_pool_used owned\n";
  // The 256th byte falls into the middle of a character of three bytes.
  const std::string cut_in_character = std::string(255, 'u') + "\xE2\x9C\x93";
  snapshot.holders[3].unit = cut_in_character;

  const auto first_twin = static_cast<std::uint32_t>(snapshot.holders.size());
  const std::string long_id(256, 'i');
  snapshot.holders.push_back(container(long_id + "-one", "twin"));
  snapshot.holders.push_back(container(long_id + "-two", "twin"));
  for (Holder* twin : {&snapshot.holders[first_twin], &snapshot.holders[first_twin + 1]}) {
    twin->workload.processes = 2;
    twin->workload.by_type = counts({{FdType::kPipe, 3}});
  }
  snapshot.holders[first_twin].descriptor_limit_ratio = 0.5;
  snapshot.holders[first_twin + 1].descriptor_limit_ratio = 0.75;
  Pool& watches = snapshot.pools[2];
  watches.holdings.push_back({first_twin, Role::kWorkload, 100});
  watches.holdings.push_back({first_twin + 1, Role::kWorkload, 11});
  watches.neighbours.push_back(first_twin);
  watches.neighbours.push_back(first_twin + 1);
  snapshot.users[1].user = "mallory\n\"";
  return snapshot;
}

Snapshot random_snapshot(std::mt19937& random) {
  const std::vector<std::string> names = {
      "", "a", "b", "\xff", "\xfe", "\n", "_other", std::string(300, 'n'), std::string(400, 'n')};
  const auto name = [&] { return names[below(random, names.size())]; };
  Snapshot snapshot;
  snapshot.exact = below(random, 2) == 0;
  const std::size_t holders = 1 + below(random, 30);
  for (std::size_t i = 0; i < holders; ++i) {
    if (below(random, 2) == 0) {
      snapshot.holders.push_back(host_unit(name()));
      continue;
    }
    Holder holder = container(name(), name());
    holder.pod = name();
    holder.workload.processes = below(random, 5);
    holder.runtime_part.processes = below(random, 2);
    holder.workload.by_type = counts({{FdType::kFile, below(random, 100)}});
    holder.descriptor_limit_ratio = static_cast<double>(below(random, 1000)) / 1000;
    snapshot.holders.push_back(holder);
  }
  for (const auto& row : catalogue::kResources) {
    const bool is_host =
        row.scope == catalogue::Scope::kHost || row.scope == catalogue::Scope::kObject;
    const std::size_t pools = is_host ? 1 : below(random, 4);
    for (std::size_t i = 0; i < pools; ++i) {
      Pool pool;
      pool.resource = row.id;
      if (row.scope == catalogue::Scope::kUser) pool.userns = "initial";
      if (!is_host) pool.uid = std::to_string(i);
      pool.used_at_census = below(random, 1'000'000);
      pool.limit = limit_of(below(random, 1'000'000));
      for (std::size_t h = below(random, 40); h > 0; --h) {
        pool.holdings.push_back({static_cast<std::uint32_t>(below(random, holders)),
                                 below(random, 3) == 0 ? Role::kRuntime : Role::kWorkload,
                                 below(random, 1'000'000)});
      }
      for (std::uint32_t h = 0; h < holders; ++h) pool.neighbours.push_back(h);
      pool.unattributed = {{"unexplained", -static_cast<std::int64_t>(below(random, 100))}};
      snapshot.pools.push_back(pool);
    }
  }
  for (std::size_t i = below(random, 6); i > 0; --i) {
    snapshot.users.push_back({ResourceId::kOpenFiles, "1", name(), below(random, 1000)});
  }
  return snapshot;
}

Snapshot shuffled(const Snapshot& snapshot, std::mt19937& random) {
  Snapshot other = snapshot;
  std::vector<std::uint32_t> old_index(snapshot.holders.size());
  std::iota(old_index.begin(), old_index.end(), 0);
  std::shuffle(old_index.begin(), old_index.end(), random);
  std::vector<std::uint32_t> new_index(old_index.size());
  for (std::uint32_t i = 0; i < old_index.size(); ++i) {
    other.holders[i] = snapshot.holders[old_index[i]];
    new_index[old_index[i]] = i;
  }
  for (Pool& pool : other.pools) {
    for (Holding& holding : pool.holdings) holding.holder = new_index[holding.holder];
    for (std::uint32_t& neighbour : pool.neighbours) neighbour = new_index[neighbour];
    std::shuffle(pool.holdings.begin(), pool.holdings.end(), random);
    std::shuffle(pool.neighbours.begin(), pool.neighbours.end(), random);
  }
  std::shuffle(other.pools.begin(), other.pools.end(), random);
  std::shuffle(other.users.begin(), other.users.end(), random);
  std::shuffle(other.ages.begin(), other.ages.end(), random);
  return other;
}

}  // namespace kcommons::testing
