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
using census::NotifyGroup;
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

class Bookkeeper final {
 public:
  explicit Bookkeeper(const Census& census) : census_(census) {
    shares_ = make_holders(census, books_.holders);
  }

  Books keep() {
    for (const ProcessRecord& process : census_.processes) book_process(process);
    book_charges();
    for (const NotifyGroup& group : census_.notify_groups) book_group(group);
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

  // Every pool that is charged, whether or not a holder is found.
  void book_charges() {
    for (const census::Charge& charge : census_.charges) {
      PoolBook& book = books_.pools[pool_of_user(charge.resource, charge.user_ns, charge.uid)];
      book.charged = book.charged.value_or(0) + charge.used;
      book.limit = charge.limit;
    }
  }

  // Calls `take` with each pool that a charge by `uid` in that user namespace ends in: every level
  // up to the outermost is charged, the outer ones to the owner of the namespace below. Those in
  // between are pools only where they have a limit of their own.
  template <typename Take>
  void for_each_pool(ResourceId resource, std::uint32_t user_ns, Uid uid, Take take) {
    while (user_ns != census::kNoIndex) {
      const census::UserNamespace& level = census_.user_namespaces[user_ns];
      const PoolKey key = pool_of_user(resource, level.inode, uid);
      const bool outermost = level.outer == census::kNoIndex;
      if (outermost || books_.pools.contains(key)) take(key);
      user_ns = level.outer;
      uid = level.owner;
    }
  }

  void book_group(const NotifyGroup& group) {
    const Share& share = share_of(group);
    const auto book = [&](ResourceId resource, std::uint64_t amount) {
      if (amount == 0) return;
      for_each_pool(resource, group.user_ns, group.charged_uid, [&](const PoolKey& key) {
        books_.pools[key].holdings[{share.holder, share.role}] += amount;
      });
    };
    const bool inotify = group.kind == NotifyGroup::Kind::kInotify;
    book(inotify ? ResourceId::kInotifyInstances : ResourceId::kFanotifyGroups, 1);
    book(inotify ? ResourceId::kInotifyWatches : ResourceId::kFanotifyMarks,
         group.watches.value_or(0));
  }

  // A group is its creator's while the cgroup that it was made in lives, else that of the oldest
  // process that has it. The kernel keeps the creator's cgroup in the memory hierarchy alone, and
  // that may end above the container of the process, or tell no container where others do: then
  // the process knows better.
  [[nodiscard]] const Share& share_of(const NotifyGroup& group) const {
    const std::uint32_t oldest = census_.processes[group.holders.front()].placement;
    if (group.creator == census::kNoIndex) return shares_[oldest];
    const cgroup::Placement& made = census_.placements[group.creator];
    const cgroup::Placement& held = census_.placements[oldest];
    if (!made.container) return shares_[oldest];
    const bool around = held.parent && held.parent->id == made.container->id;
    return shares_[around ? oldest : group.creator];
  }

  void find_neighbours(const ProcessRecord& process) {
    const Share& share = shares_[process.placement];
    if (!process.alive || share.role != cgroup::Role::kWorkload) return;
    if (!process.exceeds_file_max) {
      books_.pools[{.resource = ResourceId::kOpenFiles, .userns = "", .uid = ""}].neighbours.insert(
          share.holder);
    }
    for (const catalogue::Resource& resource : catalogue::kResources) {
      if (resource.scope != catalogue::Scope::kUser) continue;
      for_each_pool(resource.id, process.user_ns, process.effective_uid, [&](const PoolKey& key) {
        const auto pool = books_.pools.find(key);
        if (pool != books_.pools.end()) pool->second.neighbours.insert(share.holder);
      });
    }
  }

  const Census& census_;
  Books books_;
  std::vector<Share> shares_;
};

}  // namespace

PoolKey pool_of_user(ResourceId resource, UserNsInode user_ns, Uid uid) {
  return {.resource = resource,
          .userns = user_ns == kInitialUserNs ? "initial" : std::to_string(user_ns.value()),
          .uid = std::to_string(uid.value())};
}

std::uint64_t PoolBook::total() const {
  std::uint64_t sum = 0;
  for (const auto& [share, used] : holdings) sum += used;
  return sum;
}

Books keep_books(const Census& census) {
  return Bookkeeper(census).keep();
}

}  // namespace kcommons::attribution
