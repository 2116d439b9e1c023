#include "attribution/books.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace kcommons::attribution {

namespace {

using catalogue::Limit;
using catalogue::ResourceId;
using census::Census;
using census::NotifyGroup;
using census::ProcessRecord;

constexpr std::size_t kShortIdLength = 12;  // as docker ps shows it

void take_names(const census::ContainerNames& names, Holder& holder) {
  if (!names.container.empty()) holder.container = names.container;
  holder.sandbox = names.sandbox;
  if (names.sandbox) holder.container = kSandbox;
  holder.named = holder.named || !names.container.empty() || names.sandbox;
  holder.pod = names.pod;
  holder.pod_namespace = names.pod_namespace;
  if (!names.pod_uid.empty()) holder.pod_uid = names.pod_uid;
  holder.image = names.image;
  holder.compose_project = names.compose_project;
  holder.compose_service = names.compose_service;
  holder.labels = names.labels;
}

// Within a container somebody else makes the cgroups, and may give one the id of any other: what is
// known of that id is not known of this one.
const census::ContainerNames* names_of(const Census& census, const cgroup::Placement& placement) {
  if (placement.parent) return nullptr;
  const auto at = census.names.find(census::key_of(*placement.container));
  return at == census.names.end() ? nullptr : at->second.get();
}

Holder container_of(const Census& census, const cgroup::Placement& placement) {
  const cgroup::Container& container = *placement.container;
  Holder holder;
  holder.kind = Holder::Kind::kContainer;
  holder.container_id = container.id;
  holder.space = container.space;
  holder.runtime = cgroup::name_of(container.runtime);
  holder.container =
      container.name.empty() ? container.id.substr(0, kShortIdLength) : container.name;
  holder.named = !container.name.empty();
  holder.pod_uid = container.pod_uid;
  if (const auto* const names = names_of(census, placement)) take_names(*names, holder);
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

std::string key_of(const cgroup::Placement& placement) {
  if (!placement.container) return "u " + placement.unit;
  const cgroup::Container& container = *placement.container;
  return fmt::format("c {} {} {} {}", cgroup::name_of(container.runtime), container.space,
                     container.id, placement.parent ? placement.parent->id : "");
}

// Who each placement belongs to; the holders are made on the way, one for each distinct name.
std::vector<Share> make_holders(const Census& census, std::vector<Holder>& holders) {
  std::map<std::string, std::uint32_t> index_of;
  std::deque<bool> of_workload;  // by holder: whose path it has now
  std::vector<Share> shares;
  shares.reserve(census.placements.size());
  for (const cgroup::Placement& placement : census.placements) {
    const auto next = static_cast<std::uint32_t>(holders.size());
    const auto [at, added] = index_of.emplace(key_of(placement), next);
    if (added) {
      Holder holder;
      if (placement.container) {
        holder = container_of(census, placement);
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
  const std::optional<std::uint64_t> limit = process.descriptor_limit.value_or(Limit{}).value;
  if (!process.descriptors || limit.value_or(0) == 0) return;
  const double ratio = static_cast<double>(process.table_descriptors) / static_cast<double>(*limit);
  holder.descriptor_limit_ratio = std::max(holder.descriptor_limit_ratio.value_or(0), ratio);
}

// The limit that a process brings along to what its user is charged for.
std::optional<Limit> limit_of(const census::UserLimits& limits, ResourceId resource) {
  switch (resource) {
    case ResourceId::kUserProcesses:
      return limits.processes;
    case ResourceId::kPendingSignals:
      return limits.pending_signals;
    case ResourceId::kMqueueBytes:
      return limits.mqueue_bytes;
    case ResourceId::kLockedMemoryBytes:
    case ResourceId::kPinnedMemoryBytes:
      return limits.locked_memory_bytes;
    default:
      return std::nullopt;
  }
}
std::optional<Limit> limit_of(const ProcessRecord& process, ResourceId resource) {
  return resource == ResourceId::kUnixInflight ? process.descriptor_limit
                                               : limit_of(process.user_limits, resource);
}

// The limits of these are the processes' own (getrlimit(2)), not the kernel's.
bool is_limited_by_processes(ResourceId resource) {
  switch (resource) {
    case ResourceId::kUserProcesses:
    case ResourceId::kPendingSignals:
    case ResourceId::kMqueueBytes:
    case ResourceId::kLockedMemoryBytes:
    case ResourceId::kPinnedMemoryBytes:
    case ResourceId::kUnixInflight:
      return true;
    default:
      return false;
  }
}

Uid charged_uid(const ProcessRecord& process, const catalogue::Resource& row) {
  return row.charged == catalogue::Charged::kRealUid ? process.real_uid : process.effective_uid;
}

// A user without a process of the initial namespace to bypass the limit cannot; root in a user
// namespace is no exception.
bool bypasses(const ProcessRecord& process, bool is_initial, catalogue::Bypass bypass) {
  switch (bypass) {
    case catalogue::Bypass::kNobody:
      return false;
    case catalogue::Bypass::kSysAdmin:
      return (process.privileges & census::kSysAdmin) != 0;
    case catalogue::Bypass::kSysAdminOrResource:
      return (process.privileges & (census::kSysAdmin | census::kSysResource)) != 0;
    case catalogue::Bypass::kRootOrAdminOrResource:
      return (is_initial && process.real_uid == Uid(0)) ||
             (process.privileges & (census::kSysAdmin | census::kSysResource)) != 0;
    case catalogue::Bypass::kIpcLock:
      return (process.privileges & census::kIpcLock) != 0;
  }
  return false;
}

class Bookkeeper final {
 public:
  Bookkeeper(const Census& census, Keep keep) : census_(census), keep_(keep) {
    books_.placements = make_holders(census, books_.holders);
  }

  Books keep() {
    for (const ProcessRecord& process : census_.processes) book_process(process);
    find_network_owners();
    book_charges();
    for (const NotifyGroup& group : census_.notify_groups) book_group(group);
    book_fullest_queue();
    for (const census::HeldObject& object : census_.objects) book_object(object);
    for (const census::HeldByNetwork& held : census_.by_network) book_network(held);
    for (const catalogue::Resource& row : catalogue::kResources) {
      // A pool of the host is one to share before anybody holds some of it.
      if (!is_of_user(row.id) && reading(row.id).used) host_pool(row.id);
    }
    meet_processes();
    return std::move(books_);
  }

 private:
  [[nodiscard]] const census::Reading& reading(ResourceId id) const {
    return census_.readings[catalogue::index_of(id)];
  }

  PoolBook& host_pool(ResourceId id) { return books_.pools[pool_of_host(id)]; }

  [[nodiscard]] const Share& share_of(const ProcessRecord& process) const {
    return books_.placements[process.placement];
  }

  // All that is held goes through here.
  void book(const PoolKey& key, const ProcessRecord& process, const Share& share,
            std::uint64_t amount) {
    if (amount == 0) return;
    const auto pool = books_.pools.try_emplace(key).first;
    pool->second.holdings[{share.holder, share.role}] += amount;
    if (keep_ != Keep::kBookings) return;
    const auto index = static_cast<std::uint32_t>(&process - census_.processes.data());
    books_.bookings.push_back(
        {.pool = &pool->first, .process = index, .share = share, .amount = amount});
  }

  void hold_of_host(ResourceId id, const ProcessRecord& process, std::uint64_t amount) {
    if (amount == 0) return;
    book(pool_of_host(id), process, share_of(process), amount);
    books_.users[{id, std::to_string(process.effective_uid.value())}] += amount;
  }

  void book_process(const ProcessRecord& process) {
    const Share& share = share_of(process);
    Holder& holder = books_.holders[share.holder];
    const bool workload = share.role == cgroup::Role::kWorkload;
    add_process(process, workload ? holder.workload : holder.runtime_part);
    if (workload) find_worst_ratio(process, holder);
    host_pool(ResourceId::kOpenFiles);
    hold_of_host(ResourceId::kOpenFiles, process, process.files);
    hold_of_host(ResourceId::kThreads, process, process.threads);
    hold_of_host(ResourceId::kPids, process, process.threads);
    for_each_pool(ResourceId::kUserProcesses, process.user_ns, process.real_uid,
                  [&](const PoolKey& key) { book(key, process, share, process.threads); });
  }

  // Every pool that is charged, whether or not a holder is found.
  void book_charges() {
    for (const census::Charge& charge : census_.charges) {
      PoolBook& book = books_.pools[pool_of_user(charge.resource, charge.user_ns, charge.uid)];
      book.charged = book.charged.value_or(0) + charge.used;
      if (charge.limit) book.limit = charge.limit;
    }
  }

  // Calls `take` with each pool that a charge by `uid` in that user namespace ends in: every level
  // up to the outermost is charged, the outer ones to the owner of the namespace below. Those in
  // between are pools only where they have a limit of their own.
  template <typename Take>
  void for_each_pool(ResourceId resource, std::uint32_t user_ns, Uid uid, Take take) {
    if (catalogue::resource(resource).scope == catalogue::Scope::kUid) {
      take(pool_of_user(resource, kInitialUserNs, uid));
      return;
    }
    while (user_ns != census::kNoIndex) {
      const census::UserNamespace& level = census_.user_namespaces[user_ns];
      const PoolKey key = pool_of_user(resource, level.inode, uid);
      const bool outermost = level.outer == census::kNoIndex;
      if (outermost || books_.pools.contains(key)) take(key);
      user_ns = level.outer;
      uid = level.owner;
    }
  }

  [[nodiscard]] const ProcessRecord& oldest_holder(const NotifyGroup& group) const {
    return census_.processes[group.holders.front()];
  }

  void book_group(const NotifyGroup& group) {
    const auto charge = [&](ResourceId resource, std::uint64_t amount) {
      if (amount == 0) return;
      for_each_pool(resource, group.user_ns, group.charged_uid, [&](const PoolKey& key) {
        book(key, oldest_holder(group), share_of(group), amount);
      });
    };
    const bool inotify = group.kind == NotifyGroup::Kind::kInotify;
    charge(inotify ? ResourceId::kInotifyInstances : ResourceId::kFanotifyGroups, 1);
    charge(inotify ? ResourceId::kInotifyWatches : ResourceId::kFanotifyMarks,
           group.watches.value_or(0));
    if (inotify) meet_queue(group);
  }

  // Each instance has a queue of its own: the fullest is the pool.
  void meet_queue(const NotifyGroup& group) {
    if (!group.queue || group.queue->limit == 0) return;
    const auto is_fuller = [](const census::Queue& left, const census::Queue& right) {
      return left.length * right.limit > right.length * left.limit;
    };
    if (fullest_ == nullptr || is_fuller(*group.queue, *fullest_->queue)) fullest_ = &group;
  }

  void book_fullest_queue() {
    if (fullest_ == nullptr) return;
    PoolBook& pool = host_pool(ResourceId::kInotifyQueuedEvents);
    pool.charged = fullest_->queue->length;
    pool.limit = Limit{fullest_->queue->limit};
    book(pool_of_host(ResourceId::kInotifyQueuedEvents), oldest_holder(*fullest_),
         share_of(*fullest_), fullest_->queue->length);
  }

  void book_object(const census::HeldObject& object) {
    const ProcessRecord& process = census_.processes[object.process];
    if (!is_of_user(object.resource)) {
      hold_of_host(object.resource, process, object.amount);
      return;
    }
    book(pool_of_user(object.resource, kInitialUserNs, object.charged_uid), process,
         share_of(process), object.amount);
  }

  // A network namespace is whose oldest process is in it, the host's own or a container's; of a pod
  // it is the sandbox's, also where that was made anew. A sandbox on the host's network owns none.
  void find_network_owners() {
    for (std::uint32_t i = 0; i < census_.processes.size(); ++i) {
      const ProcessRecord& process = census_.processes[i];
      const Share& share = share_of(process);
      if (!process.alive || share.role != cgroup::Role::kWorkload) continue;
      if (process.net_ns == NetNsInode()) continue;
      const auto [owner, added] = network_owners_.try_emplace(process.net_ns, i);
      if (!added && is_sandbox(i) && is_other_container(owner->second)) owner->second = i;
    }
    for (const auto& [net_ns, process] : network_owners_) {
      books_.network_owners[net_ns] = share_of(census_.processes[process]).holder;
    }
  }

  [[nodiscard]] const Holder& holder_of(std::uint32_t process) const {
    return books_.holders[share_of(census_.processes[process]).holder];
  }
  [[nodiscard]] bool is_sandbox(std::uint32_t process) const { return holder_of(process).sandbox; }
  [[nodiscard]] bool is_other_container(std::uint32_t process) const {
    return holder_of(process).kind == Holder::Kind::kContainer && !is_sandbox(process);
  }

  void book_network(const census::HeldByNetwork& held) {
    const auto owner = network_owners_.find(held.net_ns);
    if (owner == network_owners_.end()) return;
    hold_of_host(held.resource, census_.processes[owner->second], held.amount);
  }

  // A group is its creator's while the cgroup that it was made in lives, else that of the oldest
  // process that has it. The kernel keeps the creator's cgroup in the memory hierarchy alone, and
  // that may end above the container of the process, or tell no container where others do: then
  // the process knows better.
  [[nodiscard]] const Share& share_of(const NotifyGroup& group) const {
    const std::uint32_t oldest = oldest_holder(group).placement;
    const std::vector<Share>& shares = books_.placements;
    if (group.creator == census::kNoIndex) return shares[oldest];
    const cgroup::Placement& made = census_.placements[group.creator];
    const cgroup::Placement& held = census_.placements[oldest];
    if (!made.container) return shares[oldest];
    const bool around = held.parent && held.parent->id == made.container->id;
    return shares[around ? oldest : group.creator];
  }

  // What a process is charged for: those that are alike in this meet the same pools.
  using Standing = std::tuple<std::uint32_t, Uid, Uid, std::uint8_t>;

  // Who shares each pool, and how far the limits of their processes let it grow.
  void meet_processes() {
    std::map<Standing, std::vector<PoolBook*>> pools_of;
    std::map<PoolBook*, ResourceId> limited;
    for (auto& [key, book] : books_.pools) {
      if (is_limited_by_processes(key.resource)) limited.emplace(&book, key.resource);
    }
    for (const ProcessRecord& process : census_.processes) {
      if (!process.alive) continue;
      const Standing standing{process.user_ns, process.effective_uid, process.real_uid,
                              process.privileges};
      const auto [at, added] = pools_of.try_emplace(standing);
      if (added) at->second = pools_met_by(process);
      const Share& share = share_of(process);
      for (PoolBook* const book : at->second) {
        if (const auto found = limited.find(book); found != limited.end()) {
          lower_limit(*book, limit_of(process, found->second));
        }
        if (share.role == cgroup::Role::kWorkload) book->neighbours.insert(share.holder);
      }
    }
    meet_namespaces();
    for (const auto& [book, resource] : limited) {
      // Nobody is held to one, as far as all limits are known.
      if (!book->limit && !not_known_.contains(book)) book->limit.emplace();
    }
  }

  // Who made a user namespace bounds what its owner is charged for from within, root too.
  void meet_namespaces() {
    for (const census::UserNamespace& name_space : census_.user_namespaces) {
      if (name_space.outer == census::kNoIndex) continue;
      const UserNsInode outer = census_.user_namespaces[name_space.outer].inode;
      for (const catalogue::Resource& row : catalogue::kResources) {
        if (row.scope != catalogue::Scope::kUser || !is_limited_by_processes(row.id)) continue;
        const auto pool = books_.pools.find(pool_of_user(row.id, outer, name_space.owner));
        if (pool == books_.pools.end()) continue;
        lower_limit(pool->second, limit_of(name_space.user_limits, row.id));
      }
    }
  }

  // The lowest of the limits that are known.
  void lower_limit(PoolBook& book, const std::optional<Limit>& limit) {
    if (!limit) {
      not_known_.insert(&book);
      return;
    }
    if (!book.limit) book.limit.emplace();
    std::optional<std::uint64_t>& lowest = book.limit->value;
    if (limit->value && (!lowest || *lowest > *limit->value)) lowest = limit->value;
  }

  std::vector<PoolBook*> pools_met_by(const ProcessRecord& process) {
    std::vector<PoolBook*> met;
    const bool is_initial = process.user_ns != census::kNoIndex &&
                            census_.user_namespaces[process.user_ns].inode == kInitialUserNs;
    const auto meet = [&](const PoolKey& key) {
      const auto pool = books_.pools.find(key);
      if (pool != books_.pools.end()) met.push_back(&pool->second);
    };
    for (const catalogue::Resource& row : catalogue::kResources) {
      if (bypasses(process, is_initial, row.bypass)) continue;
      if (row.scope == catalogue::Scope::kObject) continue;
      if (is_of_user(row.id)) {
        for_each_pool(row.id, process.user_ns, charged_uid(process, row), meet);
      } else {
        meet(pool_of_host(row.id));
      }
    }
    return met;
  }

  const Census& census_;
  Books books_;
  Keep keep_;
  std::set<const PoolBook*> not_known_;                 // pools some of whose limits were not read
  const NotifyGroup* fullest_ = nullptr;                // of the inotify instances, by its queue
  std::map<NetNsInode, std::uint32_t> network_owners_;  // index of a process
};

}  // namespace

std::string name_of(const Holder& holder) {
  if (holder.kind == Holder::Kind::kHost) return holder.unit;
  const std::string space = holder.space.empty() ? "" : holder.space + "/";
  return holder.runtime + " " + space + holder.container_id;
}

PoolKey pool_of_user(ResourceId resource, UserNsInode user_ns, Uid uid) {
  std::string userns;
  if (catalogue::resource(resource).scope == catalogue::Scope::kUser) {
    userns = user_ns == kInitialUserNs ? "initial" : std::to_string(user_ns.value());
  }
  return {.resource = resource, .userns = std::move(userns), .uid = std::to_string(uid.value())};
}

PoolKey pool_of_host(ResourceId resource) {
  return {.resource = resource, .userns = "", .uid = ""};
}

bool is_of_user(ResourceId resource) {
  const catalogue::Scope scope = catalogue::resource(resource).scope;
  return scope == catalogue::Scope::kUser || scope == catalogue::Scope::kUid;
}

std::uint64_t PoolBook::total() const {
  std::uint64_t sum = 0;
  for (const auto& [share, used] : holdings) sum += used;
  return sum;
}

Books keep_books(const Census& census, Keep keep) {
  return Bookkeeper(census, keep).keep();
}

}  // namespace kcommons::attribution
