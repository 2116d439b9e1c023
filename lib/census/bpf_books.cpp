#include "census/bpf_books.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <tuple>
#include <variant>

namespace kcommons::census {

namespace {

using catalogue::Limit;
using catalogue::ResourceId;

// USER_HZ, the unit of start times in /proc/PID/stat, is 100 on every machine of today.
constexpr std::uint64_t kNanosecondsPerTick = 10'000'000;
// A user namespace that was given no limit has this one (kernel/user_namespace.c, create_user_ns).
constexpr std::int64_t kNoLimit = std::numeric_limits<std::int32_t>::max();
constexpr std::uint64_t kInfinity = std::numeric_limits<std::uint64_t>::max();  // RLIM_INFINITY

struct Counter {
  kc_counter counter;
  ResourceId resource;
};
constexpr std::array<Counter, 16> kCounters = {{
    {KC_INOTIFY_INSTANCES, ResourceId::kInotifyInstances},
    {KC_INOTIFY_WATCHES, ResourceId::kInotifyWatches},
    {KC_FANOTIFY_GROUPS, ResourceId::kFanotifyGroups},
    {KC_FANOTIFY_MARKS, ResourceId::kFanotifyMarks},
    {KC_USER_NAMESPACES, ResourceId::kUserNamespaces},
    {KC_PID_NAMESPACES, ResourceId::kPidNamespaces},
    {KC_UTS_NAMESPACES, ResourceId::kUtsNamespaces},
    {KC_IPC_NAMESPACES, ResourceId::kIpcNamespaces},
    {KC_NET_NAMESPACES, ResourceId::kNetNamespaces},
    {KC_MNT_NAMESPACES, ResourceId::kMntNamespaces},
    {KC_CGROUP_NAMESPACES, ResourceId::kCgroupNamespaces},
    {KC_TIME_NAMESPACES, ResourceId::kTimeNamespaces},
    {KC_PROCESSES, ResourceId::kUserProcesses},
    {KC_MQUEUE_BYTES, ResourceId::kMqueueBytes},
    {KC_PENDING_SIGNALS, ResourceId::kPendingSignals},
    {KC_LOCKED_MEMORY, ResourceId::kLockedMemoryBytes},
}};

// From here on they are limits of processes, whose namespaces only hand them on.
constexpr bool is_limited_by_processes(kc_counter counter) {
  return counter >= KC_PROCESSES;
}

std::optional<Limit> limit_in(const kc_ucounts& record, kc_counter counter) {
  if ((record.present & 1U << counter) == 0) return std::nullopt;
  const std::int64_t limit = record.limit[counter];
  if (limit < 0 || limit == std::numeric_limits<std::int64_t>::max()) return Limit{};
  return Limit{static_cast<std::uint64_t>(limit)};
}

DescriptorType type_of(std::size_t file_type) {
  constexpr std::array kTypes = {
      DescriptorType::kOther,   DescriptorType::kRegular,   DescriptorType::kDirectory,
      DescriptorType::kDevice,  DescriptorType::kPipe,      DescriptorType::kSocket,
      DescriptorType::kInotify, DescriptorType::kFanotify,  DescriptorType::kEpoll,
      DescriptorType::kEventfd, DescriptorType::kTimerfd,   DescriptorType::kSignalfd,
      DescriptorType::kPidfd,   DescriptorType::kMemfd,     DescriptorType::kIoUring,
      DescriptorType::kBpf,     DescriptorType::kPerfEvent, DescriptorType::kUserfaultfd,
      DescriptorType::kDevice,  // the master of a terminal
  };
  static_assert(kTypes.size() == KC_FILE_TYPES);
  return file_type < kTypes.size() ? kTypes.at(file_type) : DescriptorType::kOther;
}

std::uint64_t page_size() {
  static const auto kSize = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return kSize;
}

std::uint8_t privileges_of(std::uint32_t flags) {
  std::uint8_t privileges = 0;
  if ((flags & KC_PROCESS_SYS_ADMIN) != 0) privileges |= kSysAdmin;
  if ((flags & KC_PROCESS_SYS_RESOURCE) != 0) privileges |= kSysResource;
  if ((flags & KC_PROCESS_IPC_LOCK) != 0) privileges |= kIpcLock;
  return privileges;
}

Limit limit_of(std::uint64_t limit) {
  if (limit == kInfinity) return {};
  return {limit};
}

// What a record of an object may be about, and in what its amount is told.
std::optional<ResourceId> resource_of(const kc_object& record) {
  switch (record.type) {
    case KC_OBJECT_PIPE:
      return ResourceId::kPipePages;
    case KC_OBJECT_EPOLL:
      return ResourceId::kEpollWatches;
    case KC_OBJECT_PTY:
      return ResourceId::kPtys;
    case KC_OBJECT_AIO:
      return ResourceId::kAioEvents;
    case KC_OBJECT_TCP:
      return ResourceId::kTcpMemoryPages;
    case KC_OBJECT_UDP:
      return ResourceId::kUdpMemoryPages;
    case KC_OBJECT_INFLIGHT:
      return ResourceId::kUnixInflight;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::vector<Charge> charges_of(const kc_ucounts& record) {
  std::vector<Charge> charges;
  for (const Counter& row : kCounters) {
    if ((record.present & 1U << row.counter) == 0) continue;
    auto used = static_cast<std::uint64_t>(std::max<std::int64_t>(record.used[row.counter], 0));
    // Counted in pages, though its limit is in bytes (mm/mlock.c, user_shm_lock).
    if (row.counter == KC_LOCKED_MEMORY) used *= page_size();
    const std::int64_t limit = record.limit[row.counter];
    const bool of_processes = is_limited_by_processes(row.counter);
    const bool outermost = record.outer == 0;
    if (!outermost && (of_processes || limit >= kNoLimit)) continue;
    Charge charge{.resource = row.resource,
                  .user_ns = UserNsInode(record.userns),
                  .uid = Uid(record.uid),
                  .used = used,
                  .limit = std::nullopt};
    if (!of_processes) {
      charge.limit = Limit{static_cast<std::uint64_t>(std::max<std::int64_t>(limit, 0))};
    }
    charges.push_back(charge);
  }
  return charges;
}

void correct(Readings& readings, const kc_host& host) {
  constexpr std::array kTables{ResourceId::kNeighboursIpv4, ResourceId::kNeighboursIpv6};
  constexpr std::uint32_t kUnknown = 0xFFFFFFFF;
  if (host.pids > 0) readings[catalogue::index_of(ResourceId::kPids)].used = host.pids;
  for (std::size_t i = 0; i < kTables.size(); ++i) {
    Reading& reading = readings[catalogue::index_of(kTables.at(i))];
    // Without a limit that is read there is none to compare with: a reader in another namespace.
    if (host.neighbours[i] != kUnknown && reading.limit) reading.used = host.neighbours[i];
  }
}

std::vector<Charge> charges_of(const kc_user& record) {
  struct Row {
    unsigned has;
    ResourceId resource;
    std::int64_t used;
    std::uint64_t bytes_each = 1;  // where it is counted in pages and limited in bytes
  };
  const std::array rows{
      Row{KC_USER_HAS_EPOLL, ResourceId::kEpollWatches, record.epoll_watches},
      Row{KC_USER_HAS_INFLIGHT, ResourceId::kUnixInflight, record.unix_inflight},
      Row{KC_USER_HAS_PIPES, ResourceId::kPipePages, record.pipe_pages},
      Row{KC_USER_HAS_LOCKED, ResourceId::kPinnedMemoryBytes, record.locked_pages, page_size()},
  };
  std::vector<Charge> charges;
  for (const Row& row : rows) {
    if ((record.present & row.has) == 0) continue;
    charges.push_back(
        {.resource = row.resource,
         .user_ns = kInitialUserNs,
         .uid = Uid(record.uid),
         .used = static_cast<std::uint64_t>(std::max<std::int64_t>(row.used, 0)) * row.bytes_each,
         .limit = std::nullopt});
  }
  return charges;
}

void BpfBooks::take(const bpf::Record& record) {
  struct Visitor {
    BpfBooks& books;
    void operator()(const bpf::CgroupRecord& cgroup) const { books.cgroups_.take(cgroup); }
    void operator()(const kc_css_set* set) const { books.cgroups_.take(*set); }
    void operator()(const kc_user* user) const { books.users_.emplace(user->id, *user); }
    void operator()(const kc_host* host) const { books.host_ = *host; }
    void operator()(const kc_object* object) const { books.take(*object); }
    void operator()(const kc_neighbours* entries) const { books.take(*entries); }
    void operator()(const kc_ucounts* ucounts) const { books.take(*ucounts); }
    void operator()(const kc_process* process) const { books.take(*process); }
    void operator()(const kc_table* table) const { books.take(*table); }
    void operator()(const kc_file* file) const { books.take(*file); }
    void operator()(const kc_group* group) const { books.take(*group); }
  };
  std::visit(Visitor{*this}, record);
}

void BpfBooks::take(const kc_ucounts& record) {
  ucounts_.emplace(record.id, record);
}

void BpfBooks::take(const kc_process& record) {
  const auto [at, added] =
      index_of_.emplace(Pid(record.pid), static_cast<std::uint32_t>(processes_.size()));
  if (!added) return;  // its leader came after one of its threads
  Process process{
      .record = {}, .css_set = record.css_set, .user_ns = record.userns, .program = record.exe};
  ProcessRecord& facts = process.record;
  facts.pid = Pid(record.pid);
  facts.parent = Pid(record.parent);
  facts.start_time = record.start_ns / kNanosecondsPerTick;
  facts.effective_uid = Uid(record.effective_uid);
  facts.alive = (record.flags & KC_PROCESS_ZOMBIE) == 0 || record.live_threads > 0;
  facts.real_uid = Uid(record.uid);
  facts.net_ns = NetNsInode(record.netns);
  facts.threads = static_cast<std::uint64_t>(std::max(record.threads, 1));
  facts.privileges = privileges_of(record.flags);
  facts.user_limits = {.processes = limit_of(record.process_limit),
                       .pending_signals = limit_of(record.signal_limit),
                       .mqueue_bytes = limit_of(record.mqueue_limit),
                       .locked_memory_bytes = limit_of(record.memlock_limit)};
  facts.descriptors = 0;
  facts.by_type.emplace();
  facts.descriptor_limit = limit_of(record.descriptor_limit);
  processes_.push_back(process);
  if (record.exe != 0) claim(record.exe, at->second, Claim::kMapping);
}

void BpfBooks::add_descriptors(Process& process, const Table& table, bool main) {
  ProcessRecord& facts = process.record;
  *facts.descriptors += table.descriptors;
  for (std::size_t i = 0; i < table.by_type.size(); ++i) (*facts.by_type)[i] += table.by_type[i];
  if (main || facts.table_descriptors == 0) facts.table_descriptors = table.descriptors;
}

// A table is told once, with what is in it; where other processes, or threads that outlived their
// leader, have the same, it is told again without.
void BpfBooks::take(const kc_table& record) {
  const auto owner = index_of_.find(Pid(record.pid));
  if (owner == index_of_.end()) return;
  Process& process = processes_[owner->second];
  const auto [at, added] = tables_.try_emplace(record.id);
  if (added) {
    Table& table = at->second;
    for (std::size_t i = 0; i < KC_FILE_TYPE_SLOTS; ++i) {
      table.descriptors += record.by_type[i];
      table.by_type.at(static_cast<std::size_t>(type_of(i))) += record.by_type[i];
    }
    process.record.files += record.unshared + record.queued + record.fixed;
    if (record.pipe_pages > 0) {
      pipes_.push_back(
          {.process = owner->second, .uid = Uid(record.pipe_uid), .pages = record.pipe_pages});
    }
  }
  if (!counted_.emplace(record.id, owner->second).second) return;
  add_descriptors(process, at->second, record.thread == record.pid);
}

bool BpfBooks::is_older(std::uint32_t a, std::uint32_t b) const {
  const ProcessRecord& left = processes_[a].record;
  const ProcessRecord& right = processes_[b].record;
  return std::tuple(left.start_time, left.pid) < std::tuple(right.start_time, right.pid);
}

void BpfBooks::claim(std::uint64_t file, std::uint32_t process, Claim claim) {
  const auto [at, added] = files_.try_emplace(file, Booking{.process = process, .claim = claim});
  if (added) return;
  Booking& booking = at->second;
  if (claim > booking.claim) return;
  if (claim == booking.claim && !is_older(process, booking.process)) return;
  booking = {.process = process, .claim = claim};
}

void BpfBooks::take(const kc_file& record) {
  const auto owner = index_of_.find(Pid(record.pid));
  if (owner == index_of_.end()) return;
  const bool open = record.held_by == KC_HELD_BY_DESCRIPTOR;
  const bool mapped = record.held_by == KC_HELD_BY_MAPPING;
  claim(record.id, owner->second,
        open     ? Claim::kDescriptor
        : mapped ? Claim::kMapping
                 : Claim::kWaiting);
}

std::vector<MappedFiles> BpfBooks::names() const {
  std::vector<MappedFiles> names;
  names.reserve(processes_.size());
  for (const Process& process : processes_) {
    names.push_back({.pid = process.record.pid,
                     .start_time = process.record.start_time,
                     .program = process.program,
                     .files = {}});
  }
  return names;
}

void BpfBooks::take(const std::vector<MappedFiles>& mapped) {
  for (const MappedFiles& one : mapped) {
    const auto at = index_of_.find(one.pid);
    if (at == index_of_.end()) continue;
    const Process& process = processes_[at->second];
    if (process.record.start_time != one.start_time || process.program != one.program) continue;
    for (const std::uint64_t file : one.files) claim(file, at->second, Claim::kMapping);
  }
}

void BpfBooks::take(const kc_group& record) {
  const auto owner = index_of_.find(Pid(record.pid));
  if (owner == index_of_.end()) return;
  Group& group =
      groups_.try_emplace(record.id, Group{.record = record, .holders = {}}).first->second;
  group.holders.push_back(owner->second);
}

// Held by several, it is the oldest one's.
void BpfBooks::take(const kc_object& record) {
  const auto owner = index_of_.find(Pid(record.pid));
  const auto resource = resource_of(record);
  if (owner == index_of_.end() || !resource) return;
  const auto [at, added] = objects_.try_emplace(
      record.id, Object{.resource = *resource, .process = owner->second, .record = record});
  if (added || !is_older(owner->second, at->second.process)) return;
  at->second.process = owner->second;
}

void BpfBooks::take(const kc_neighbours& record) {
  const ResourceId resource =
      record.ipv6 != 0 ? ResourceId::kNeighboursIpv6 : ResourceId::kNeighboursIpv4;
  neighbours_[{resource, NetNsInode(record.netns)}] += record.entries;
}

void BpfBooks::write_objects(Census& census) {
  // The memory of sockets is told in bytes and limited in pages, by the sum.
  std::map<std::pair<ResourceId, std::uint32_t>, std::uint64_t> bytes;
  for (const auto& [id, object] : objects_) {
    const std::uint32_t process = new_index_[object.process];
    if (object.record.type == KC_OBJECT_TCP || object.record.type == KC_OBJECT_UDP) {
      bytes[{object.resource, process}] += object.record.amount;
      continue;
    }
    census.objects.push_back({.resource = object.resource,
                              .process = process,
                              .amount = object.record.amount,
                              .charged_uid = Uid(object.record.uid)});
  }
  for (const auto& [of, sum] : bytes) {
    census.objects.push_back({.resource = of.first,
                              .process = of.second,
                              .amount = sum / page_size(),
                              .charged_uid = Uid()});
  }
  for (const Pipes& pipes : pipes_) {
    census.objects.push_back({.resource = ResourceId::kPipePages,
                              .process = new_index_[pipes.process],
                              .amount = pipes.pages,
                              .charged_uid = pipes.uid});
  }
  for (const auto& [of, entries] : neighbours_) {
    census.by_network.push_back({.resource = of.first, .net_ns = of.second, .amount = entries});
  }
  // Kernel threads are root's; so are the idle tasks, one for each CPU, which have no PID.
  census.unheld.push_back({.resource = ResourceId::kUserProcesses,
                           .cause = kKernelThreads,
                           .amount = static_cast<std::uint64_t>(::sysconf(_SC_NPROCESSORS_CONF))});
  for (const ResourceId resource : kThreadResources) {
    census.unheld.push_back(
        {.resource = resource, .cause = kKernelThreads, .amount = host_.kernel_threads});
  }
  correct(census.readings, host_);
}

void BpfBooks::write_into(Census& census, Placements& placements) && {
  for (const auto& [file, booking] : files_) ++processes_[booking.process].record.files;
  write_namespaces(census);
  write_processes(census, placements);
  write_groups(census, placements);
  write_objects(census);
}

// The namespace of a user, with those around it, outermost first. Records are of different moments
// and an address may be used again, so they may name each other in a circle: it ends where it
// closes.
std::uint32_t BpfBooks::namespace_of(Census& census, const kc_ucounts& record) {
  const auto [at, added] = user_ns_index_.try_emplace(record.userns, kNoIndex);
  if (!added) return at->second;
  UserNamespace name_space{.inode = UserNsInode(record.userns)};
  if (const auto outer = ucounts_.find(record.outer); outer != ucounts_.end()) {
    name_space.outer = namespace_of(census, outer->second);
    name_space.owner = Uid(outer->second.uid);
    name_space.user_limits = {.processes = limit_in(record, KC_PROCESSES),
                              .pending_signals = limit_in(record, KC_PENDING_SIGNALS),
                              .mqueue_bytes = limit_in(record, KC_MQUEUE_BYTES),
                              // Pages are held against it, though it is in bytes: none in effect.
                              .locked_memory_bytes = Limit{}};
  }
  const auto index = static_cast<std::uint32_t>(census.user_namespaces.size());
  census.user_namespaces.push_back(name_space);
  user_ns_index_[record.userns] = index;
  return index;
}

void BpfBooks::write_namespaces(Census& census) {
  user_ns_index_.emplace(kInitialUserNs.value(), 0);
  census.user_namespaces.push_back({.inode = kInitialUserNs});
  for (const auto& [id, record] : ucounts_) {
    namespace_of(census, record);
    for (const Charge& charge : charges_of(record)) census.charges.push_back(charge);
  }
  for (const auto& [id, record] : users_) {
    for (const Charge& charge : charges_of(record)) census.charges.push_back(charge);
  }
}

void BpfBooks::write_processes(Census& census, Placements& placements) {
  std::vector<std::uint32_t> order(processes_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [this](std::uint32_t a, std::uint32_t b) { return is_older(a, b); });
  new_index_.resize(order.size());
  std::unordered_map<std::uint64_t, std::uint32_t> placement_of;  // by css_set
  for (const std::uint32_t index : order) {
    Process& process = processes_[index];
    const auto [at, added] = placement_of.try_emplace(process.css_set);
    if (added) {
      at->second = placements.index_of(placements.resolve(cgroups_.text_of_set(process.css_set)));
    }
    process.record.placement = at->second;
    if (const auto ns = user_ns_index_.find(process.user_ns); ns != user_ns_index_.end()) {
      process.record.user_ns = ns->second;
    } else {
      ++census.unseen[static_cast<std::size_t>(Unseen::kUserNsDenied)];
    }
    new_index_[index] = static_cast<std::uint32_t>(census.processes.size());
    census.processes.push_back(process.record);
  }
}

NotifyGroup BpfBooks::group_of(const Group& group, Placements& placements) const {
  const kc_group& record = group.record;
  NotifyGroup out;
  const bool fanotify = record.type == KC_FILE_FANOTIFY;
  out.kind = fanotify ? NotifyGroup::Kind::kFanotify : NotifyGroup::Kind::kInotify;
  for (const std::uint32_t holder : group.holders) out.holders.push_back(new_index_[holder]);
  std::ranges::sort(out.holders);
  out.holders.erase(std::unique(out.holders.begin(), out.holders.end()), out.holders.end());
  out.watches = record.unlimited_marks != 0 ? 0 : record.marks;
  out.queue = {.length = record.queue_length, .limit = record.queue_limit};
  if (const auto charged = ucounts_.find(record.ucounts); charged != ucounts_.end()) {
    out.user_ns = user_ns_index_.at(charged->second.userns);
    out.charged_uid = Uid(charged->second.uid);
  }
  if (record.cgroup != 0 && (record.hierarchy_flags & KC_HIERARCHY_DEAD) == 0) {
    const std::string text = cgroups_.text_of_cgroup(record.cgroup, record.hierarchy_flags);
    out.creator = placements.index_of(placements.resolve(text));
  }
  return out;
}

void BpfBooks::write_groups(Census& census, Placements& placements) {
  for (const auto& [id, group] : groups_) {
    census.notify_groups.push_back(group_of(group, placements));
  }
  std::ranges::stable_sort(census.notify_groups, {},
                           [](const NotifyGroup& group) { return group.holders.front(); });
}

}  // namespace kcommons::census
