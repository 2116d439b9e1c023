#include "census/process_reader.hpp"

#include <algorithm>
#include <array>

#include "procfs/cgroup.hpp"
#include "procfs/fd.hpp"
#include "procfs/fdinfo.hpp"
#include "procfs/kcmp.hpp"
#include "procfs/limits.hpp"
#include "procfs/status.hpp"
#include "procfs/user_ns.hpp"

namespace kcommons::census {

namespace {

// Bits of include/uapi/linux/capability.h.
constexpr std::array<std::pair<std::uint64_t, Privilege>, 3> kCapabilities{{
    {1ULL << 21U, kSysAdmin},
    {1ULL << 24U, kSysResource},
    {1ULL << 14U, kIpcLock},
}};

std::uint8_t privileges_of(std::uint64_t capabilities) {
  std::uint8_t privileges = 0;
  for (const auto& [capability, privilege] : kCapabilities) {
    if ((capabilities & capability) != 0) privileges |= privilege;
  }
  return privileges;
}

// By number.
Result<void> list_table(const procfs::ProcessDir& task, std::vector<procfs::FdEntry>& out) {
  if (auto listed = procfs::list_fds(task, out); !listed) return listed;
  std::ranges::sort(out, {}, &procfs::FdEntry::number);
  return {};
}

bool are_same(const std::vector<procfs::FdEntry>& left, const std::vector<procfs::FdEntry>& right) {
  return std::ranges::equal(left, right, [](const auto& a, const auto& b) {
    return a.number == b.number && a.key == b.key;
  });
}

}  // namespace

ProcessReader::ProcessReader(const procfs::ProcRoot& root, const cgroup::Layouts& layouts,
                             bool use_kcmp)
    : root_(root), placements_(layouts), use_kcmp_(use_kcmp) {}

// What a census that was given up had found is not all: what was known before it stands.
void ProcessReader::begin(Census& census) {
  const bool was_given_up = census_ != nullptr;
  census_ = &census;
  threads_seen_ = 0;
  kernel_threads_ = 0;
  if (!own_network_) {
    if (const auto own = procfs::read_own_network(root_); own) own_network_ = *own;
  }
  user_ns_index_.clear();
  placements_.begin(census);
  auto of_process = std::exchange(of_process_, {});
  auto probed = std::exchange(probed_, {});
  if (was_given_up) return;
  last_of_process_ = std::move(of_process);
  last_probed_ = std::move(probed);
}

void ProcessReader::end() {
  placements_.end();
  last_of_process_.clear();
  last_probed_.clear();
  census_ = nullptr;
}

// It could not be read this time: the next census may need what the last one knew.
void ProcessReader::keep_what_is_known(Pid pid) {
  const ProcessKey first{pid, 0};
  for (auto at = last_of_process_.lower_bound(first);
       at != last_of_process_.end() && at->first.first == pid; ++at) {
    of_process_.insert(*at);
  }
  for (auto at = last_probed_.lower_bound({first, 0});
       at != last_probed_.end() && at->first.first == pid; ++at) {
    probed_.insert(*at);
  }
}

Result<void> ProcessReader::skip(const Error& error, std::optional<Unseen> unseen) {
  switch (error.kind()) {
    case ErrorKind::kExhausted:
      return fail(error);
    case ErrorKind::kGone:
      break;
    case ErrorKind::kDenied:
      if (unseen) {
        count(*unseen);
      } else {
        census_->failures.count(error);
      }
      break;
    case ErrorKind::kMalformed:
    case ErrorKind::kOther:
      census_->failures.count(error);
      break;
  }
  return {};
}

Result<std::optional<RawProcess>> ProcessReader::read(Pid pid) {
  std::optional<RawProcess> nothing;
  const auto give_up = [&](const Error& error) -> Result<std::optional<RawProcess>> {
    keep_what_is_known(pid);
    if (error.kind() == ErrorKind::kGone) count(Unseen::kVanished);
    if (auto skipped = skip(error, Unseen::kDescriptorsDenied); !skipped) {
      return fail(skipped.error());
    }
    return nothing;
  };

  const auto dir = procfs::ProcessDir::open(root_, pid);
  if (!dir) return give_up(dir.error());
  const auto stat = procfs::read_stat(*dir, buffer_);
  if (!stat) return give_up(stat.error());
  threads_seen_ += static_cast<std::uint64_t>(std::max<std::int64_t>(stat->num_threads, 1));
  if (stat->is_kernel_thread()) {
    ++kernel_threads_;
    return nothing;
  }

  RawProcess process;
  process.record.pid = pid;
  process.record.parent = stat->ppid;
  process.record.start_time = stat->start_time;
  process.record.alive = !stat->is_zombie() || stat->num_threads > 1;
  process.record.threads = static_cast<std::uint64_t>(std::max<std::int64_t>(stat->num_threads, 1));
  std::optional<procfs::ProcessDir> living;
  if (stat->is_zombie() && process.record.alive) {
    auto thread = procfs::living_thread(*dir, buffer_);
    if (!thread && thread.error().kind() == ErrorKind::kExhausted) return give_up(thread.error());
    if (thread) living = std::move(*thread);
  }
  if (auto done = read_placement(*dir, *stat, living, process); !done) return give_up(done.error());
  if (auto done = read_net_ns(living ? *living : *dir, process); !done) {
    return give_up(done.error());
  }
  for (const auto step :
       {&ProcessReader::read_identity, &ProcessReader::read_user_ns, &ProcessReader::read_limit}) {
    if (auto done = (this->*step)(*dir, process); !done) return give_up(done.error());
  }
  if (auto done = read_descriptors(*dir, *stat, process); !done) return give_up(done.error());
  // A fact that was missing is one thing, a process that ended while it was read another.
  if (!process.record.descriptors && !dir->exists()) {
    count(Unseen::kVanished);
    return nothing;
  }
  return std::optional<RawProcess>(std::move(process));
}

// Without a placement or an identity a process cannot be booked at all, so these two pass their
// error on; the others lose one fact.
Result<void> ProcessReader::read_placement(const procfs::ProcessDir& dir, const procfs::Stat& stat,
                                           const std::optional<procfs::ProcessDir>& living,
                                           RawProcess& process) {
  const auto text = procfs::read_cgroup(dir, buffer_);
  if (!text) return fail(text.error());
  // Nobody is in a cgroup only where no hierarchy is mounted, and then nobody is.
  if (text->empty() && sees_cgroups_) {
    return fail(Error::malformed("read cgroup", *text).during(dir.name()));
  }
  sees_cgroups_ = sees_cgroups_ || !text->empty();
  Placements::Ptr placement = placements_.resolve(*text);
  // A leader that has ended is at "/" in hierarchies of version 1, and where it was in version 2.
  if (living && !placement->container) {
    const auto of_thread = procfs::read_cgroup(*living, buffer_);
    if (!of_thread && of_thread.error().kind() == ErrorKind::kExhausted) {
      return fail(of_thread.error());
    }
    if (of_thread && !of_thread->empty()) placement = placements_.resolve(*of_thread);
  }

  // A removed cgroup reads as " (deleted)" or, in a v1 hierarchy, as "/" for a zombie: what was
  // known of the process before holds.
  const ProcessKey process_key{process.record.pid, process.record.start_time};
  const bool is_lost = stat.is_zombie() && !living;
  if (placement->deleted || is_lost) {
    const auto last = last_of_process_.find(process_key);
    if (last != last_of_process_.end()) placement = last->second;
  }
  of_process_.emplace(process_key, placement);
  process.record.placement = placements_.index_of(placement);
  return {};
}

Result<void> ProcessReader::read_identity(const procfs::ProcessDir& dir, RawProcess& process) {
  const auto status = procfs::read_status(dir, buffer_);
  if (!status) return fail(status.error());
  process.record.effective_uid = status->effective_uid;
  // Whether capabilities count depends on the user namespace, which is read next.
  process.record.real_uid = status->real_uid;
  process.queued_signals = status->queued_signals;
  process.record.privileges = privileges_of(status->effective_capabilities);
  return {};
}

Result<void> ProcessReader::read_user_ns(const procfs::ProcessDir& dir, RawProcess& process) {
  auto inode = procfs::read_user_ns_inode(dir);
  if (!inode && inode.error().kind() == ErrorKind::kDenied) {
    // uid_map may be read by anyone, and all of the initial namespace is mapped only there.
    const auto initial = procfs::maps_whole_initial_namespace(dir);
    if (!initial && initial.error().kind() == ErrorKind::kExhausted) return fail(initial.error());
    if (initial && *initial) inode = kInitialUserNs;
  }
  if (!inode) {
    process.record.privileges = 0;
    const bool is_usual =
        inode.error().kind() == ErrorKind::kDenied || inode.error().kind() == ErrorKind::kGone;
    if (!process.record.alive && is_usual) return {};
    return skip(inode.error(), Unseen::kUserNsDenied);
  }
  if (*inode != kInitialUserNs) process.record.privileges = 0;
  const auto index = index_of_user_ns(dir, *inode);
  if (!index) return skip(index.error(), Unseen::kUserNsDenied);
  process.record.user_ns = *index;
  return {};
}

Result<std::uint32_t> ProcessReader::index_of_user_ns(const procfs::ProcessDir& dir,
                                                      UserNsInode inode) {
  if (const auto at = user_ns_index_.find(inode); at != user_ns_index_.end()) return at->second;
  auto chain = procfs::read_user_ns_chain(dir);
  if (!chain) return fail(chain.error());
  // From the outermost inwards, so that each finds the one around it.
  std::ranges::reverse(*chain);
  std::uint32_t outer = kNoIndex;
  for (const auto& level : *chain) {
    const auto next = static_cast<std::uint32_t>(census_->user_namespaces.size());
    const auto [at, added] = user_ns_index_.emplace(level.inode, next);
    if (added) {
      census_->user_namespaces.push_back(
          {.inode = level.inode, .outer = outer, .owner = level.owner});
    }
    outer = at->second;
  }
  return outer;
}

// Where it is denied, the user namespace was denied as well, and that is counted.
Result<void> ProcessReader::read_net_ns(const procfs::ProcessDir& dir, RawProcess& process) {
  if (!process.record.alive) return {};
  const auto inode = procfs::read_net_ns(dir);
  if (inode) {
    process.record.net_ns = *inode;
    return {};
  }
  if (inode.error().kind() != ErrorKind::kDenied) return skip(inode.error(), std::nullopt);
  if (!own_network_) return {};
  const auto is_own = procfs::is_in_network(dir, *own_network_);
  if (!is_own) return skip(is_own.error(), std::nullopt);
  if (*is_own) process.record.net_ns = own_network_->inode;
  return {};
}

Result<void> ProcessReader::read_limit(const procfs::ProcessDir& dir, RawProcess& process) {
  const auto limit = procfs::read_limits(dir, buffer_);
  if (!limit) return process.record.alive ? skip(limit.error(), std::nullopt) : Result<void>{};
  using catalogue::Limit;
  process.record.descriptor_limit = Limit{limit->open_files};
  process.record.user_limits = {.processes = Limit{limit->processes},
                                .pending_signals = Limit{limit->pending_signals},
                                .mqueue_bytes = Limit{limit->mqueue_bytes},
                                .locked_memory_bytes = Limit{limit->locked_memory_bytes}};
  return {};
}

Result<void> ProcessReader::read_descriptors(const procfs::ProcessDir& dir,
                                             const procfs::Stat& stat, RawProcess& process) {
  if (!process.record.alive) {
    process.record.descriptors = 0;
    process.record.by_type.emplace();
    return {};
  }
  // A zombie leader has no table any more; the threads that live on share one (CLONE_FILES).
  if (!stat.is_zombie()) {
    const auto told_apart = read_table(dir, process);
    if (!told_apart) return skip(told_apart.error(), std::nullopt);
    if (!*told_apart) return count_at_least(dir, process);
  }
  if (stat.num_threads > 1) {
    if (auto done = read_thread_tables(dir, process); !done) return done;
  }
  if (process.tables.empty()) return {};
  process.record.table_descriptors = process.tables.front().entries.size();
  process.record.descriptors = 0;
  auto& by_type = process.record.by_type.emplace();
  for (const FileTable& table : process.tables) {
    *process.record.descriptors += table.entries.size();
    for (const procfs::FdEntry& entry : table.entries) {
      ++by_type[static_cast<std::size_t>(entry.type)];
    }
  }
  return {};
}

// True when the table was read, false when its descriptors may not be told apart.
Result<bool> ProcessReader::read_table(const procfs::ProcessDir& dir, RawProcess& process) {
  const auto listed = list_table(dir, entries_);
  if (!listed) {
    if (listed.error().kind() == ErrorKind::kDenied) return false;
    return fail(listed.error());
  }
  FileTable table{.task = dir.pid(), .entries = {}, .write_ends = {}};
  table.entries.reserve(entries_.size());
  for (const procfs::FdEntry& entry : entries_) {
    if (entry.type == procfs::FdType::kPipe) {
      // One whose end cannot be told was closed meanwhile, or is left out and counted.
      const auto writes = procfs::is_write_end(dir, entry.number);
      if (!writes) {
        if (auto done = skip(writes.error(), std::nullopt); !done) return fail(done.error());
        continue;
      }
      if (*writes) table.write_ends.push_back(entry.number);
    }
    table.entries.push_back(entry);
  }
  process.tables.push_back(std::move(table));
  return true;
}

Result<void> ProcessReader::read_thread_tables(const procfs::ProcessDir& dir, RawProcess& process) {
  if (const auto listed = dir.list_threads(threads_); !listed) {
    return skip(listed.error(), Unseen::kDescriptorsDenied);
  }
  for (const Pid tid : threads_) {
    if (tid == dir.pid()) continue;
    const auto told_apart = read_thread_table(dir, tid, process);
    if (!told_apart) {
      // One that has ended is passed over: threads come and go.
      if (auto done = skip(told_apart.error(), std::nullopt); !done) return done;
    } else if (!*told_apart) {
      count(Unseen::kDescriptorsDenied);
      return {};
    }
  }
  return {};
}

// Reads it where it is the thread's own; as read_table() otherwise.
Result<bool> ProcessReader::read_thread_table(const procfs::ProcessDir& dir, Pid tid,
                                              RawProcess& process) {
  const auto thread = dir.thread(tid);
  if (!thread) return fail(thread.error());
  const auto stat = procfs::read_stat(*thread, buffer_);
  if (!stat) return fail(stat.error());
  if (stat->is_zombie()) return true;
  const auto is_private = is_private_table(dir, *thread, process);
  if (!is_private) return fail(is_private.error());
  return *is_private ? read_table(*thread, process) : Result<bool>(true);
}

// Is this thread's table another than those that were read already?
Result<bool> ProcessReader::is_private_table(const procfs::ProcessDir& dir,
                                             const procfs::ProcessDir& thread,
                                             const RawProcess& process) {
  if (process.tables.empty()) return true;
  if (use_kcmp_) {
    for (const FileTable& table : process.tables) {
      const auto shared = procfs::share_file_table(table.task, thread.pid());
      if (!shared) return fail(shared.error());
      if (*shared) return false;
    }
    return true;
  }
  const auto is_listed = looks_listed(thread, process);
  if (!is_listed) return fail(is_listed.error());
  if (*is_listed) return false;
  // Two that differ may be one that has changed since: both are looked at again, one after the
  // other.
  for (const FileTable& table : process.tables) {
    const auto task = dir.thread(table.task);
    const auto same = task ? look_alike(*task, thread) : Result<bool>(fail(task.error()));
    if (!same && same.error().kind() != ErrorKind::kGone) return fail(same.error());
    if (same && *same) return false;
  }
  return true;
}

Result<bool> ProcessReader::looks_listed(const procfs::ProcessDir& thread,
                                         const RawProcess& process) {
  if (root_.counts_by_size()) {
    const auto size = procfs::count_fds_by_size(root_, thread);
    if (!size) return fail(size.error());
    return std::ranges::any_of(
        process.tables, [&](const FileTable& table) { return table.entries.size() == *size; });
  }
  if (auto listed = list_table(thread, entries_); !listed) return fail(listed.error());
  return std::ranges::any_of(
      process.tables, [this](const FileTable& table) { return are_same(table.entries, entries_); });
}

Result<bool> ProcessReader::look_alike(const procfs::ProcessDir& left,
                                       const procfs::ProcessDir& right) {
  if (root_.counts_by_size()) {
    const auto size = procfs::count_fds_by_size(root_, left);
    if (!size) return fail(size.error());
    const auto other_size = procfs::count_fds_by_size(root_, right);
    if (!other_size) return fail(other_size.error());
    return *size == *other_size;
  }
  std::vector<procfs::FdEntry> of_left;
  if (auto listed = list_table(left, of_left); !listed) return fail(listed.error());
  if (auto listed = list_table(right, entries_); !listed) return fail(listed.error());
  return are_same(of_left, entries_);
}

// For a reader without the right to tell descriptors apart: their number, and inotify instances
// as far as fdinfo shows them.
Result<void> ProcessReader::count_at_least(const procfs::ProcessDir& dir, RawProcess& process) {
  count(Unseen::kDescriptorsDenied);
  const auto counted =
      root_.counts_by_size() ? procfs::count_fds_by_size(root_, dir) : procfs::count_fd_names(dir);
  if (counted) {
    process.record.descriptors = *counted;
    process.record.table_descriptors = *counted;
  } else if (auto done = skip(counted.error(), std::nullopt); !done) {
    return done;
  }
  return probe_for_inotify(dir, process);
}

// An instance that is known from before is not read here again: how often that may be done is
// decided where the budget is kept.
Result<void> ProcessReader::probe_for_inotify(const procfs::ProcessDir& dir, RawProcess& process) {
  std::vector<int> numbers;
  if (const auto listed = procfs::list_fdinfo_numbers(dir, numbers); !listed) {
    return skip(listed.error(), Unseen::kInotifyDenied);
  }
  const ProcessKey key{process.record.pid, process.record.start_time};
  for (const int fd : numbers) {
    const bool known = last_probed_.contains({key, fd});
    ProbedInotify probed{.fd = fd, .watches = {}};
    if (!known) {
      const auto watches = procfs::probe_inotify(dir, fd, buffer_);
      if (!watches) {
        if (watches.error().kind() == ErrorKind::kGone) continue;
        return skip(watches.error(), Unseen::kInotifyDenied);
      }
      if (!*watches) continue;
      probed.watches = *watches;
    }
    probed_.insert({key, fd});
    process.inotify_fdinfo.push_back(probed);
  }
  return {};
}

}  // namespace kcommons::census
