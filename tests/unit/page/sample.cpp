#include "sample.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "attribution/holder_name.hpp"
#include "page/links.hpp"

namespace kcommons::page::test {

namespace {

constexpr WallTime kTaken{std::chrono::seconds(1764338531)};  // 2025-11-28 14:02:11 UTC
constexpr WallTime kNow = kTaken + std::chrono::milliseconds(2345);

void count_neighbours(Snapshot& snapshot, attribution::Pool& pool) {
  pool.container_neighbours = pool.host_neighbours = 0;
  for (const std::uint32_t index : pool.neighbours) {
    ++(attribution::is_container(snapshot.holders[index]) ? pool.container_neighbours
                                                          : pool.host_neighbours);
  }
}

}  // namespace

std::uint32_t add_unit(Snapshot& snapshot, std::string unit) {
  attribution::Holder holder;
  holder.unit = std::move(unit);
  holder.workload.processes = 1;
  snapshot.holders.push_back(std::move(holder));
  return static_cast<std::uint32_t>(snapshot.holders.size() - 1);
}

std::uint32_t add_container(Snapshot& snapshot, std::string id, std::string name) {
  attribution::Holder holder;
  holder.kind = attribution::Holder::Kind::kContainer;
  holder.cgroup = "/docker/" + id;
  holder.container_id = std::move(id);
  holder.runtime = "docker";
  holder.container = std::move(name);
  holder.image = "shop/web:1.4";
  holder.named = true;
  holder.workload.processes = 2;
  holder.workload.descriptors = 30;
  snapshot.holders.push_back(std::move(holder));
  return static_cast<std::uint32_t>(snapshot.holders.size() - 1);
}

attribution::Pool& add_pool(Snapshot& snapshot, ResourceId resource, std::string uid,
                            std::uint64_t used, std::uint64_t limit) {
  attribution::Pool pool;
  pool.resource = resource;
  pool.userns = uid.empty() ? "" : "initial";
  pool.uid = std::move(uid);
  pool.used_at_census = used;
  pool.limit = catalogue::Limit{limit};
  snapshot.pools.push_back(std::move(pool));
  return snapshot.pools.back();
}

Model model_of(Snapshot snapshot) {
  snapshot.taken_at = kTaken;
  Model model;
  model.version = "0.1.0";
  model.source = "bpf";
  model.source_reason = "auto: it loads";
  model.snapshot = std::make_shared<const Snapshot>(std::move(snapshot));
  model.audit = report::make_audit(*model.snapshot,
                                   {.name = model.source, .reason = model.source_reason}, {});
  model.cost =
      CensusCost{.wall = std::chrono::milliseconds(12), .cpu = std::chrono::milliseconds(9)};
  model.now = kNow;
  return model;
}

Snapshot article() {
  Snapshot snapshot;
  snapshot.exact = true;
  snapshot.processes = 312;
  snapshot.containers = 2;
  const auto hog = add_container(snapshot, std::string(64, 'a'), "e2e-hog");
  const auto victim = add_container(snapshot, std::string(64, 'b'), "e2e-victim");
  const auto service = add_unit(snapshot, "ssh.service");
  snapshot.readings[catalogue::index_of(ResourceId::kOpenFiles)] = {
      .used = 7028, .limit = catalogue::Limit{7029}};
  auto& watches = add_pool(snapshot, ResourceId::kInotifyWatches, "0", 41230, 524288);
  watches.holdings = {{.holder = service, .used = 40991}, {.holder = victim, .used = 12}};
  watches.neighbours = {service, victim};
  count_neighbours(snapshot, watches);
  auto& files = add_pool(snapshot, ResourceId::kOpenFiles, "", 7028, 7029);
  files.holdings = {{.holder = hog, .used = 5967}, {.holder = service, .used = 61}};
  files.neighbours = {service, hog, victim};
  files.unattributed = {{.cause = "unexplained", .amount = 1000}};
  count_neighbours(snapshot, files);
  return snapshot;
}

Snapshot thousand() {
  constexpr std::uint32_t kContainers = 1000;
  constexpr std::size_t kPoolsOfHost = 20;
  Snapshot snapshot;
  snapshot.exact = true;
  snapshot.containers = kContainers;
  for (std::uint32_t i = 0; i < kContainers; ++i) {
    const auto index = add_container(snapshot, fmt::format("{:064x}", 0xabcdef0000000 + i),
                                     fmt::format("shop-web-{:04}", i));
    snapshot.holders[index].pod = fmt::format("web-7d9c6b5f4-{:05}", i);
    snapshot.holders[index].pod_namespace = "production";
    snapshot.holders[index].image = "registry.example.org/team/shop/web:1.4.7-bookworm";
  }
  for (int i = 0; i < 100; ++i) add_unit(snapshot, fmt::format("unit-{:03}.service", i));
  const auto holders = static_cast<std::uint32_t>(snapshot.holders.size());
  const auto fill = [&](attribution::Pool& pool, std::uint32_t from, std::uint32_t step) {
    std::uint64_t used = 0;
    for (std::uint32_t i = from; i < holders; i += step) {
      pool.holdings.push_back({.holder = i, .used = 5 + (i * 7919U) % 997});
      used += pool.holdings.back().used;
      pool.neighbours.push_back(i);
    }
    std::ranges::sort(pool.holdings, std::greater{}, &attribution::Holding::used);
    pool.used_at_census = used;
    count_neighbours(snapshot, pool);
  };
  // 20 pools that all are in, and eight more of each user, of whom there are 50.
  for (std::size_t i = 0; i < kPoolsOfHost; ++i) {
    fill(add_pool(snapshot, static_cast<ResourceId>(i), "", 0, 560000 + 50000 * i), 0, 1);
  }
  for (std::uint32_t uid = 0; uid < 50; ++uid) {
    for (std::size_t i = 0; i < 8; ++i) {
      fill(add_pool(snapshot, static_cast<ResourceId>(i + 1), std::to_string(1000 + uid), 0,
                    20000 + 9000 * i),
           uid, 50);
    }
    snapshot.users.push_back({.resource = ResourceId::kOpenFiles,
                              .uid = std::to_string(1000 + uid),
                              .user = fmt::format("user{}", uid),
                              .used = 100 + uid});
  }
  return snapshot;
}

std::vector<attribution::UsePoint> hour_of(std::uint64_t first, std::uint64_t last) {
  constexpr std::uint64_t kSteps = 60;
  std::vector<attribution::UsePoint> points;
  for (std::uint64_t i = 0; i <= kSteps; ++i) {
    const std::uint64_t used = (first * (kSteps - i) + last * i) / kSteps;
    points.push_back({.at = kNow - std::chrono::minutes(kSteps - i), .used = used});
  }
  return points;
}

attribution::PoolUse use_of(const Snapshot& snapshot, const attribution::PoolKey& key) {
  attribution::PoolUse use{.resource = key.resource, .userns = key.userns, .uid = key.uid};
  for (const attribution::Pool& pool : snapshot.pools) {
    if (key_of(pool) != key) continue;
    const std::uint64_t used = pool.used_at_census.value_or(0);
    use.points = hour_of(used / 2, used);
    for (std::size_t i = 0; i < std::min<std::size_t>(10, pool.holdings.size()); ++i) {
      const attribution::Holder& holder = snapshot.holders[pool.holdings[i].holder];
      use.holders.push_back({.name = attribution::holder_name(holder),
                             .id = attribution::short_id(holder.container_id),
                             .points = hour_of(pool.holdings[i].used / 3, pool.holdings[i].used)});
    }
  }
  return use;
}

std::size_t occurrences(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace kcommons::page::test
