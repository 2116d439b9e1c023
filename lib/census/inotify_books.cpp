#include "census/inotify_books.hpp"

#include <algorithm>
#include <unordered_map>

namespace kcommons::census {

namespace {

std::vector<InotifyLink> links_of(const std::vector<RawProcess>& processes) {
  std::vector<InotifyLink> links;
  for (std::uint32_t i = 0; i < processes.size(); ++i) {
    for (const FileTable& table : processes[i].tables) {
      for (const procfs::FdEntry& entry : table.entries) {
        if (entry.type != procfs::FdType::kInotify) continue;
        links.push_back({.process = i, .task = table.task, .fd = entry.number, .just_read = {}});
      }
    }
    for (const ProbedInotify& probed : processes[i].inotify_fdinfo) {
      links.push_back({.process = i,
                       .task = processes[i].record.pid,
                       .fd = probed.fd,
                       .just_read = probed.watches});
    }
  }
  return links;
}

}  // namespace

void InotifyBooks::set_budget(InotifyBudget budget) {
  budget_ = budget;
  next_large_read_ = std::min(next_large_read_, clock_.steady() + budget.large_read_interval);
}

// Where a link belongs among instances that stand in kcmp's order, and whether the one that stands
// there is its own. An order that changes under us (a descriptor closed, or its process ended,
// since it was listed) costs at worst one instance booked twice, for one census.
InotifyBooks::Place InotifyBooks::find_place(const std::vector<Instance>& instances,
                                             const InotifyLink& link, FileComparer& comparer) {
  std::size_t low = 0;
  std::size_t high = instances.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const InotifyLink& other = instances[middle].links.front();
    const auto order = comparer.compare(link.task, link.fd, other.task, other.fd);
    if (!order || *order == procfs::FileOrder::kUnknown) return {.index = instances.size()};
    if (*order == procfs::FileOrder::kEqual) return {.index = middle, .is_own = true};
    if (*order == procfs::FileOrder::kLess) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return {.index = low};
}

std::vector<InotifyBooks::Instance> InotifyBooks::group(const std::vector<RawProcess>& processes,
                                                        FileComparer* comparer) {
  std::vector<Instance> instances;
  for (const InotifyLink& link : links_of(processes)) {
    const Place place = comparer == nullptr ? Place{.index = instances.size()}
                                            : find_place(instances, link, *comparer);
    if (place.is_own) {
      instances[place.index].links.push_back(link);
      continue;
    }
    Instance fresh;
    fresh.links.push_back(link);
    instances.insert(instances.begin() + static_cast<std::ptrdiff_t>(place.index),
                     std::move(fresh));
  }
  return instances;
}

bool InotifyBooks::is_large(const Instance& instance) const {
  return instance.known && instance.known->watches.count >= budget_.large_instance;
}

void InotifyBooks::recall(const std::vector<RawProcess>& processes,
                          std::vector<Instance>& instances) {
  for (Instance& instance : instances) {
    for (const InotifyLink& link : instance.links) {
      if (link.just_read) {
        instance.known = Known{.watches = *link.just_read, .read_at = clock_.steady()};
        instance.fresh = true;
        if (is_large(instance)) next_large_read_ = clock_.steady() + budget_.large_read_interval;
        break;
      }
      const ProcessRecord& record = processes[link.process].record;
      const auto at = known_.find({record.pid, record.start_time, link.task, link.fd});
      if (at == known_.end()) continue;
      instance.known = at->second;
      break;
    }
  }
}

Result<void> InotifyBooks::read_one(Instance& instance, const ReadWatches& read, Census& census) {
  const bool was_large = is_large(instance);
  std::optional<Error> error;
  for (const InotifyLink& link : instance.links) {
    const Result<procfs::InotifyWatches> watches = read(link);
    if (watches) {
      instance.known = Known{.watches = *watches, .read_at = clock_.steady()};
      if (was_large || is_large(instance)) {
        next_large_read_ = clock_.steady() + budget_.large_read_interval;
      }
      return {};
    }
    error = watches.error();
    if (error->kind() == ErrorKind::kExhausted) return fail(*error);
  }
  // Closed, or its last holder ended, since it was listed.
  if (!error || error->kind() == ErrorKind::kGone) {
    instance.gone = true;
    return {};
  }
  const bool denied = error->kind() == ErrorKind::kDenied;
  census.failures.count(*error);
  ++census.unseen[static_cast<std::size_t>(denied ? Unseen::kInotifyDenied
                                                  : Unseen::kInotifyUnreadable)];
  return {};
}

Result<void> InotifyBooks::read_all(std::vector<Instance>& instances, const ReadWatches& read,
                                    Census& census) {
  const SteadyTime begun = clock_.steady();
  Instance* stalest_large = nullptr;
  for (Instance& instance : instances) {
    if (instance.fresh) continue;
    if (is_large(instance)) {
      if (stalest_large == nullptr || instance.known->read_at < stalest_large->known->read_at) {
        stalest_large = &instance;
      }
      continue;
    }
    if (clock_.steady() - begun >= budget_.read_budget) {
      if (!instance.known) ++census.unseen[static_cast<std::size_t>(Unseen::kInotifyBudget)];
      continue;
    }
    if (auto done = read_one(instance, read, census); !done) return done;
  }
  const SteadyTime now = clock_.steady();
  if (stalest_large != nullptr && now >= next_large_read_ && now - begun < budget_.read_budget) {
    return read_one(*stalest_large, read, census);
  }
  return {};
}

void InotifyBooks::remember(const std::vector<RawProcess>& processes,
                            const std::vector<Instance>& instances) {
  known_.clear();
  for (const Instance& instance : instances) {
    if (!instance.known || instance.gone) continue;
    for (const InotifyLink& link : instance.links) {
      const ProcessRecord& record = processes[link.process].record;
      known_[{record.pid, record.start_time, link.task, link.fd}] = *instance.known;
    }
  }
}

namespace {

// Without kcmp: two links are taken for one instance when they show the very same watches and
// stand in one process (dup) or at one number in parent and child (inherited). Equal watches alone
// do not do: many instances of one program look alike.
bool look_shared(const std::vector<RawProcess>& processes, const InotifyLink& a,
                 const InotifyLink& b) {
  if (a.process == b.process) return true;
  const ProcessRecord& left = processes[a.process].record;
  const ProcessRecord& right = processes[b.process].record;
  return a.fd == b.fd && (left.parent == right.pid || right.parent == left.pid);
}

}  // namespace

void InotifyBooks::merge_lookalikes(const std::vector<RawProcess>& processes,
                                    std::vector<Instance>& instances) {
  std::unordered_multimap<std::uint64_t, Instance*> by_digest;
  for (Instance& instance : instances) {
    if (instance.gone || !instance.known || instance.known->watches.count == 0) continue;
    const procfs::InotifyWatches& watches = instance.known->watches;
    const auto [first, last] = by_digest.equal_range(watches.digest);
    const auto twin = std::find_if(first, last, [&](const auto& entry) {
      return entry.second->known->watches.count == watches.count &&
             look_shared(processes, entry.second->links.front(), instance.links.front());
    });
    if (twin == last) {
      by_digest.emplace(watches.digest, &instance);
      continue;
    }
    auto& links = twin->second->links;
    links.insert(links.end(), instance.links.begin(), instance.links.end());
    instance.gone = true;
  }
}

NotifyGroup InotifyBooks::record_of(const std::vector<RawProcess>& processes,
                                    const Instance& instance) const {
  NotifyGroup group;
  for (const InotifyLink& link : instance.links) {
    if (group.holders.empty() || group.holders.back() != link.process) {
      group.holders.push_back(link.process);
    }
  }
  // procfs does not tell the creator: the oldest holder stands for it.
  const ProcessRecord& creator = processes[group.holders.front()].record;
  group.user_ns = creator.user_ns;
  group.charged_uid = creator.effective_uid;
  if (instance.known) {
    group.watches = instance.known->watches.count;
    group.age = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() -
                                                                      instance.known->read_at);
  }
  return group;
}

Result<void> InotifyBooks::book(const std::vector<RawProcess>& processes, FileComparer* comparer,
                                const ReadWatches& read, Census& census) {
  std::vector<Instance> instances = group(processes, comparer);
  recall(processes, instances);
  if (auto done = read_all(instances, read, census); !done) return done;
  // Oldest holder first, whatever order kcmp had put them in.
  std::ranges::sort(instances, {}, [](const Instance& instance) {
    const InotifyLink& link = instance.links.front();
    return std::tuple(link.process, link.task, link.fd);
  });
  if (comparer == nullptr) merge_lookalikes(processes, instances);
  remember(processes, instances);
  for (const Instance& instance : instances) {
    if (!instance.gone) census.notify_groups.push_back(record_of(processes, instance));
  }
  return {};
}

}  // namespace kcommons::census
