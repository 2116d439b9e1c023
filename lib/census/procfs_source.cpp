#include "census/procfs_source.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <tuple>
#include <utility>

#include "procfs/fdinfo.hpp"
#include "procfs/kcmp.hpp"
#include "procfs/loadavg.hpp"

namespace kcommons::census {

namespace {

class KcmpComparer final : public FileComparer {
 public:
  Result<procfs::FileOrder> compare(Pid task_a, int fd_a, Pid task_b, int fd_b) override {
    return procfs::compare_files(task_a, fd_a, task_b, fd_b);
  }
};

// kcmp(2) may be compiled out or forbidden by a seccomp filter, and its PIDs are those of the
// caller's namespace: it is asked about a descriptor that is known.
bool can_compare(const procfs::ProcRoot& root) {
  if (!root.shares_pid_namespace()) return false;
  const Pid self(::getpid());
  return procfs::compare_files(self, root.fd(), self, root.fd()).has_value();
}

}  // namespace

Result<std::unique_ptr<ProcfsSource>> ProcfsSource::open(Options options, const Clock& clock) {
  auto root = procfs::ProcRoot::open(options.root);
  if (!root) return fail(root.error());
  auto hidepid = procfs::read_hidepid(*root);
  // What it is without is found out only here.
  if (!hidepid && hidepid.error().kind() == ErrorKind::kExhausted) return fail(hidepid.error());
  return std::unique_ptr<ProcfsSource>(new ProcfsSource(
      std::move(*root), hidepid.value_or(std::nullopt), std::move(options), clock));
}

ProcfsSource::ProcfsSource(procfs::ProcRoot root, const std::optional<std::string>& hidepid,
                           Options options, const Clock& clock)
    : root_(std::move(root)),
      options_(std::move(options)),
      clock_(clock),
      use_kcmp_(can_compare(root_)),
      reader_(root_, options_.layouts, use_kcmp_),
      inotify_(options_.inotify, clock),
      host_(root_.fd(), options_.sysfs),
      network_(root_),
      loadavg_(procfs::KernelFile::open(root_.fd(), "loadavg")) {
  if (use_kcmp_) comparer_ = std::make_unique<KcmpComparer>();
  if (hidepid) {
    hides_processes_ = true;
    restriction_ = root_.path() + " is mounted with hidepid=" + *hidepid +
                   ": processes of other users are hidden without CAP_SYS_PTRACE";
  }
}

void ProcfsSource::configure(SourceSettings settings) {
  if (settings.layouts) {
    options_.layouts = std::move(*settings.layouts);
    reader_.layouts_changed();
  }
  inotify_.set_budget(settings.inotify);
}

Result<PoolsReading> ProcfsSource::read_pools() {
  PoolsReading reading;
  reading.taken_at = clock_.wall();
  CostMeter cost(reading.costs);
  reading.readings = host_.read(reading.failures, cost);
  host_.read_keys(reading.charges, reading.failures, cost);
  return reading;
}

// Every process tells the signals of its user in its user namespace; what is charged to the owner
// of an inner namespace is in the number of the owner.
void ProcfsSource::add_signals(const std::vector<RawProcess>& processes, Census& census) {
  std::map<Uid, std::uint64_t> queued;
  for (const RawProcess& process : processes) {
    if (process.record.user_ns == kNoIndex || !process.queued_signals) continue;
    if (census.user_namespaces[process.record.user_ns].inode != kInitialUserNs) continue;
    std::uint64_t& most = queued[process.record.real_uid];
    most = std::max(most, *process.queued_signals);
  }
  for (const auto& [uid, signals] : queued) {
    census.charges.push_back({.resource = catalogue::ResourceId::kPendingSignals,
                              .user_ns = kInitialUserNs,
                              .uid = uid,
                              .used = signals,
                              .limit = std::nullopt});
  }
}

Result<std::vector<RawProcess>> ProcfsSource::walk(Census& census, const std::stop_token& stop) {
  if (auto listed = root_.list_pids(pids_); !listed) return fail(listed.error());
  if (pids_.empty()) {
    return fail(Error::other("no process is in " + root_.path() + ": is procfs mounted there?"));
  }
  std::vector<RawProcess> processes;
  processes.reserve(pids_.size());
  reader_.begin(census);
  for (const Pid pid : pids_) {
    if (stop.stop_requested()) return fail(Error::other("census given up: asked to stop"));
    auto process = reader_.read(pid);
    if (!process) return fail(process.error());
    if (*process) processes.push_back(std::move(**process));
  }
  reader_.end();
  std::ranges::sort(processes, {}, [](const RawProcess& process) {
    return std::tuple(process.record.start_time, process.record.pid);
  });
  return processes;
}

std::optional<std::uint64_t> ProcfsSource::total_threads(Failures& failures) {
  if (!root_.is_procfs()) return std::nullopt;
  if (!loadavg_) loadavg_ = procfs::KernelFile::open(root_.fd(), "loadavg");
  if (!loadavg_) {
    failures.count(loadavg_.error());
    return std::nullopt;
  }
  const auto text = loadavg_->read(buffer_);
  const auto total =
      text ? procfs::parse_total_threads(*text) : Result<std::uint64_t>(fail(text.error()));
  if (total) return *total;
  failures.count(total.error());
  return std::nullopt;
}

// The kernel counts its threads for everyone: what it counts and procfs does not list is hidden by
// hidepid (then PID 1 is as well), or lives in an outer PID namespace (then no kernel thread is
// seen). Threads that came or went during the walk must not look hidden.
void ProcfsSource::count_hidden(Census& census, std::optional<std::uint64_t> before) {
  const bool sees_init = !pids_.empty() && pids_.front() == Pid(1);
  const bool sees_all = reader_.kernel_threads() > 0 && (!hides_processes_ || sees_init);
  if (sees_all || !before) return;
  const auto after = total_threads(census.failures);
  if (!after) return;
  const std::uint64_t accounted_for =
      reader_.threads_seen() + census.unseen[static_cast<std::size_t>(Unseen::kVanished)];
  const std::uint64_t counted = std::min(*before, *after);
  if (counted <= accounted_for) return;
  census.unseen[static_cast<std::size_t>(Unseen::kHidden)] = counted - accounted_for;
}

// Opened again, so checked to be the same process still.
Result<procfs::InotifyWatches> ProcfsSource::read_watches(const RawProcess& process,
                                                          const InotifyLink& link) {
  const auto dir = procfs::ProcessDir::open(root_, process.record.pid);
  if (!dir) return fail(dir.error());
  const auto stat = procfs::read_stat(*dir, buffer_);
  if (!stat) return fail(stat.error());
  if (stat->start_time != process.record.start_time) {
    return fail(Error::from_errno(ESRCH, dir->name() + " is another process now"));
  }
  if (process.tables.empty()) {
    // Found by its fdinfo alone: without watches it cannot be told from another descriptor.
    const auto watches = procfs::probe_inotify(*dir, link.fd, buffer_);
    if (!watches) return fail(watches.error());
    if (!*watches) return fail(Error::from_errno(ENOENT, dir->name() + " has closed it"));
    return **watches;
  }
  if (link.task == process.record.pid) return read_open_instance(*dir, link.fd);
  const auto thread = dir->thread(link.task);
  if (!thread) return fail(thread.error());
  return read_open_instance(*thread, link.fd);
}

// No fdinfo means that the descriptor was closed meanwhile, unless the descriptor is still there.
Result<procfs::InotifyWatches> ProcfsSource::read_open_instance(const procfs::ProcessDir& dir,
                                                                int fd) {
  auto watches = procfs::read_inotify_watches(dir, fd, buffer_);
  if (watches || watches.error().kind() != ErrorKind::kGone) return watches;
  if (!procfs::is_write_end(dir, fd)) return watches;  // closed: its link is gone too
  return fail(Error::other(watches.error().message() + " though the descriptor is open"));
}

Result<Census> ProcfsSource::take_census(const std::stop_token& stop) {
  Census census;
  census.taken_at = clock_.wall();
  CostMeter cost(census.costs);
  const auto threads_before = total_threads(census.failures);
  auto processes = walk(census, stop);
  if (!processes) return fail(processes.error());
  cost.done("processes");
  // Read in the middle of the pass: before the files are told apart, after they were listed.
  host_.open_missing();
  host_.count_devices(census.failures, cost);
  census.readings = host_.read(census.failures, cost);
  census.cpu_drops = host_.cpu_drops();
  host_.read_keys(census.charges, census.failures, cost);
  count_hidden(census, threads_before);
  book_files(*processes, comparer_.get());
  add_signals(*processes, census);
  cost.done("books");
  // Those of the kernel are root's, whose processes are not counted by procfs as the kernel does.
  for (const catalogue::ResourceId resource : kThreadResources) {
    census.unheld.push_back(
        {.resource = resource, .cause = kKernelThreads, .amount = reader_.kernel_threads()});
  }

  const auto read_watches = [&](const InotifyLink& link) {
    return this->read_watches((*processes)[link.process], link);
  };
  if (auto booked = inotify_.book(*processes, comparer_.get(), read_watches, census); !booked) {
    return fail(booked.error());
  }
  cost.done("inotify");

  census.processes.reserve(processes->size());
  for (RawProcess& process : *processes) census.processes.push_back(process.record);
  network_.read(census);
  cost.done("networks");
  return census;
}

}  // namespace kcommons::census
