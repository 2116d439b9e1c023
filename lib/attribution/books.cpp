#include "attribution/books.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <tuple>

namespace kcommons::attribution {

namespace {

using catalogue::ResourceId;
using census::Census;
using census::InotifyGroup;
using census::ProcessRecord;

constexpr std::size_t kShortIdLength = 12;  // as docker ps shows it

Holder container_of(const cgroup::Placement& placement) {
  const cgroup::Container& container = *placement.container;
  Holder holder;
  holder.kind = Holder::Kind::kContainer;
  holder.container_id = container.id;
  holder.runtime = cgroup::name_of(container.runtime);
  holder.container =
      container.name.empty() ? container.id.substr(0, kShortIdLength) : container.name;
  holder.pod_uid = container.pod_uid;
  if (placement.parent) holder.parent_id = placement.parent->id;
  holder.cgroup = placement.path;
  return holder;
}

// The cgroup of a container is that of its workload, and of several the outermost: whichever
// process came first.
void prefer_path(const cgroup::Placement& placement, Holder& holder, bool& of_workload) {
  const bool workload = placement.role == cgroup::Role::kWorkload;
  const auto rank = [](bool is_workload, const std::string& path) {
    return std::tuple(!is_workload, path.size(), path);
  };
  if (rank(workload, placement.path) >= rank(of_workload, holder.cgroup)) return;
  holder.cgroup = placement.path;
  of_workload = workload;
}

struct Share {
  std::uint32_t holder = 0;
  cgroup::Role role = cgroup::Role::kWorkload;
};

// Who each placement belongs to; the holders are made on the way, one for each distinct name.
std::vector<Share> make_holders(const Census& census, std::vector<Holder>& holders) {
  std::map<std::string, std::uint32_t> index_of;
  std::deque<bool> of_workload;  // by holder: whose path it has now
  std::vector<Share> shares;
  shares.reserve(census.placements.size());
  for (const cgroup::Placement& placement : census.placements) {
    const std::string key =
        placement.container ? fmt::format("c {} {}", cgroup::name_of(placement.container->runtime),
                                          placement.container->id)
                            : "u " + placement.unit;
    const auto next = static_cast<std::uint32_t>(holders.size());
    const auto [at, added] = index_of.emplace(key, next);
    if (added) {
      Holder holder;
      if (placement.container) {
        holder = container_of(placement);
      } else {
        holder.unit = placement.unit;
      }
      holders.push_back(std::move(holder));
      of_workload.push_back(placement.role == cgroup::Role::kWorkload);
    } else if (placement.container) {
      prefer_path(placement, holders[at->second], of_workload[at->second]);
    }
    shares.push_back({.holder = at->second, .role = placement.role});
  }
  return shares;
}

void add_process(const ProcessRecord& process, Holder::Part& part) {
  ++part.processes;
  part.descriptors += process.descriptors.value_or(0);
  if (process.by_type) {
    if (!part.by_type) part.by_type.emplace();
    for (std::size_t i = 0; i < part.by_type->size(); ++i) {
      (*part.by_type)[i] += (*process.by_type)[i];
    }
  }
}

void find_worst_ratio(const ProcessRecord& process, Holder& holder) {
  if (!process.descriptors || process.descriptor_limit.value_or(0) == 0) return;
  const double ratio = static_cast<double>(process.table_descriptors) /
                       static_cast<double>(*process.descriptor_limit);
  holder.descriptor_limit_ratio = std::max(holder.descriptor_limit_ratio.value_or(0), ratio);
}

// The pool that a charge by `uid` in that user namespace ends in: every level up to the outermost
// is charged, the outer ones to the owner of the namespace below (KERNEL: kernel/ucount.c,
// inc_ucount). Only the outermost has a limit that procfs can read.
std::optional<PoolKey> charged_pool(const Census& census, ResourceId resource,
                                    std::uint32_t user_ns, Uid uid) {
  if (user_ns == census::kNoIndex) return std::nullopt;
  const census::UserNamespace& inner = census.user_namespaces[user_ns];
  const Uid charged = inner.owners.empty() ? uid : inner.owners.back();
  return PoolKey{.resource = resource,
                 .userns = inner.outermost == kInitialUserNs
                               ? "initial"
                               : std::to_string(inner.outermost.value()),
                 .uid = std::to_string(charged.value())};
}

class Bookkeeper final {
 public:
  explicit Bookkeeper(const Census& census) : census_(census) {
    shares_ = make_holders(census, books_.holders);
  }

  Books keep() {
    for (const ProcessRecord& process : census_.processes) book_process(process);
    for (const InotifyGroup& group : census_.inotify_groups) book_inotify(group);
    for (const ProcessRecord& process : census_.processes) find_neighbours(process);
    return std::move(books_);
  }

 private:
  void book_process(const ProcessRecord& process) {
    const Share& share = shares_[process.placement];
    Holder& holder = books_.holders[share.holder];
    const bool workload = share.role == cgroup::Role::kWorkload;
    add_process(process, workload ? holder.workload : holder.runtime_part);
    if (workload) find_worst_ratio(process, holder);
    PoolBook& files = books_.pools[{.resource = ResourceId::kOpenFiles, .userns = "", .uid = ""}];
    if (process.files == 0) return;
    files.holdings[{share.holder, share.role}] += process.files;
    books_.files_by_user[std::to_string(process.effective_uid.value())] += process.files;
  }

  void book_inotify(const InotifyGroup& group) {
    const Share& share = shares_[census_.processes[group.holders.front()].placement];
    const auto book = [&](ResourceId resource, std::uint64_t amount) {
      const auto key = charged_pool(census_, resource, group.user_ns, group.charged_uid);
      if (!key || amount == 0) return;
      books_.pools[*key].holdings[{share.holder, share.role}] += amount;
    };
    book(ResourceId::kInotifyInstances, 1);
    book(ResourceId::kInotifyWatches, group.watches.value_or(0));
  }

  void find_neighbours(const ProcessRecord& process) {
    const Share& share = shares_[process.placement];
    if (!process.alive || share.role != cgroup::Role::kWorkload) return;
    if (!process.exceeds_file_max) {
      books_.pools[{.resource = ResourceId::kOpenFiles, .userns = "", .uid = ""}].neighbours.insert(
          share.holder);
    }
    for (const ResourceId resource : {ResourceId::kInotifyInstances, ResourceId::kInotifyWatches}) {
      const auto key = charged_pool(census_, resource, process.user_ns, process.effective_uid);
      if (!key) continue;
      const auto pool = books_.pools.find(*key);
      if (pool != books_.pools.end()) pool->second.neighbours.insert(share.holder);
    }
  }

  const Census& census_;
  Books books_;
  std::vector<Share> shares_;
};

}  // namespace

std::uint64_t PoolBook::total() const {
  std::uint64_t sum = 0;
  for (const auto& [share, used] : holdings) sum += used;
  return sum;
}

Books keep_books(const Census& census) {
  return Bookkeeper(census).keep();
}

}  // namespace kcommons::attribution
