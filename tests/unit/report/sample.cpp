#include "sample.hpp"

#include <utility>

namespace kcommons::report::test {

std::uint32_t add_unit(Snapshot& snapshot, std::string unit) {
  attribution::Holder holder;
  holder.unit = std::move(unit);
  snapshot.holders.push_back(std::move(holder));
  return static_cast<std::uint32_t>(snapshot.holders.size() - 1);
}

std::uint32_t add_container(Snapshot& snapshot, std::string id, std::string container,
                            std::string pod, std::string pod_namespace) {
  attribution::Holder holder;
  holder.kind = attribution::Holder::Kind::kContainer;
  holder.container_id = std::move(id);
  holder.container = std::move(container);
  holder.pod = std::move(pod);
  holder.pod_namespace = std::move(pod_namespace);
  snapshot.holders.push_back(std::move(holder));
  return static_cast<std::uint32_t>(snapshot.holders.size() - 1);
}

attribution::Pool& add_pool(Snapshot& snapshot, ResourceId resource, std::string uid,
                            std::uint64_t used, std::optional<std::uint64_t> limit) {
  attribution::Pool pool;
  pool.resource = resource;
  pool.userns = uid.empty() ? "" : "initial";
  pool.uid = std::move(uid);
  pool.used_at_census = used;
  pool.limit = catalogue::Limit{limit};
  snapshot.pools.push_back(std::move(pool));
  return snapshot.pools.back();
}

Snapshot article() {
  Snapshot snapshot;
  const auto containerd = add_unit(snapshot, "containerd.service");
  const auto editor = add_unit(snapshot, "vscode-server.scope");
  const auto shop = add_container(snapshot, "0123456789abcdef0123", "nginx", "web", "shop");
  snapshot.processes = 312;
  snapshot.containers = 1;
  auto& files = add_pool(snapshot, ResourceId::kOpenFiles, "", 9312, kUnlimited);
  files.holdings = {{.holder = shop, .used = 2210}};
  auto& watches = add_pool(snapshot, ResourceId::kInotifyWatches, "1000", 41230, 524288);
  watches.holdings = {{.holder = editor, .used = 40991}};
  auto& instances = add_pool(snapshot, ResourceId::kInotifyInstances, "0", 121, 128);
  instances.holdings = {{.holder = containerd, .used = 38}, {.holder = shop, .used = 2}};
  instances.container_neighbours = 1;
  instances.host_neighbours = 7;
  return snapshot;
}

}  // namespace kcommons::report::test
