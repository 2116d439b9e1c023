#include "census/bpf_source.hpp"

#include <cstdint>
#include <unordered_set>
#include <utility>
#include <variant>

#include "procfs/fd.hpp"
#include "procfs/process_dir.hpp"
#include "procfs/stat.hpp"
#include "procfs/status.hpp"

namespace kcommons::census {

namespace {

// Calls `take` with each record of the walk; one that makes no sense ends it.
template <typename Take>
Result<void> walk(bpf::Programs& programs, bpf::Walk which, const std::stop_token& stop,
                  Take take) {
  Result<void> decoded;
  const auto sink = [&](std::span<const std::byte> bytes) {
    if (!decoded) return;
    const auto record = bpf::decode(bytes);
    if (!record) {
      decoded = fail(record.error());
      return;
    }
    take(*record);
  };
  if (auto done = programs.run(which, sink, stop); !done) return done;
  return decoded;
}

}  // namespace

Result<std::unique_ptr<BpfSource>> BpfSource::open(Options options, const Clock& clock) {
  auto root = procfs::ProcRoot::open(options.procfs);
  if (!root) return fail(root.error());
  if (!root->shares_pid_namespace()) {
    return fail(Error::other(root->path() + " is not the procfs of this PID namespace"));
  }
  auto programs = bpf::Programs::load();
  if (!programs) return fail(programs.error());
  return std::unique_ptr<BpfSource>(
      new BpfSource(std::move(*root), std::move(*programs), std::move(options), clock));
}

BpfSource::BpfSource(procfs::ProcRoot root, std::unique_ptr<bpf::Programs> programs,
                     Options options, const Clock& clock)
    : root_(std::move(root)),
      programs_(std::move(programs)),
      options_(std::move(options)),
      clock_(clock),
      host_(root_.fd(), options_.sysfs),
      network_(root_),
      placements_(options_.layouts),
      mappings_(options_.mappings) {
  keep_walks_ready(options_.walks_ready);
}

// In the proportion in which they are used by default: holdings each ten seconds, and sooner when a
// pool fills up; mappings each minute.
void BpfSource::keep_walks_ready(std::size_t walks) {
  const std::size_t mappings = walks / 8;
  programs_->keep_ready(bpf::Walk::kHoldings, walks - mappings);
  programs_->keep_ready(bpf::Walk::kMappings, mappings);
}

void BpfSource::configure(SourceSettings settings) {
  if (settings.layouts) {
    options_.layouts = std::move(*settings.layouts);
    placements_.layouts_changed();
  }
  mappings_.set_interval(settings.mappings_interval);
}

Result<PoolsReading> BpfSource::read_pools() {
  PoolsReading reading;
  reading.taken_at = clock_.wall();
  CostMeter cost(reading.costs);
  reading.readings = host_.read(reading.failures, cost);
  host_.read_keys(reading.charges, reading.failures, cost);
  if (auto done = walk_pools(reading); !done) {
    // The pools of the host, of which one is exhausted, are worth having without those of users.
    if (done.error().kind() != ErrorKind::kExhausted) return fail(done.error());
    reading.failures.count(done.error());
  }
  cost.done("bpf/pools");
  reading.walks_ready = {{"holdings", programs_->ready(bpf::Walk::kHoldings)},
                         {"mappings", programs_->ready(bpf::Walk::kMappings)}};
  return reading;
}

Result<void> BpfSource::walk_pools(PoolsReading& reading) {
  // Where there are more users than the programs can remember, one may be told twice.
  std::unordered_set<std::uint64_t> taken;
  const auto take = [&](const bpf::Record& record) {
    const auto charge = [&](const auto& of_user) {
      if (!taken.insert(of_user.id).second) return;
      for (const Charge& one : charges_of(of_user)) reading.charges.push_back(one);
    };
    if (const auto* const ucounts = std::get_if<const kc_ucounts*>(&record)) charge(**ucounts);
    if (const auto* const user = std::get_if<const kc_user*>(&record)) charge(**user);
    if (const auto* const host = std::get_if<const kc_host*>(&record)) {
      correct(reading.readings, **host);
    }
  };
  return walk(*programs_, bpf::Walk::kPools, {}, take);
}

Result<void> BpfSource::walk_mappings(const BpfBooks& books, const std::stop_token& stop) {
  mappings_.begin(books);
  const auto take = [this](const bpf::Record& record) { mappings_.take(record); };
  if (auto done = walk(*programs_, bpf::Walk::kMappings, stop, take); !done) return done;
  mappings_.end(clock_.steady());
  return {};
}

// One that has ended, or is hidden altogether, stays unexplained.
Result<void> BpfSource::count_hidden_threads(Pid pid, Census& census) {
  const auto process = procfs::ProcessDir::open(root_, pid);
  if (!process) return fail(process.error());
  const auto stat = procfs::read_stat(*process, buffer_);
  if (!stat) return fail(stat.error());
  const auto status = procfs::read_status(*process, buffer_);
  if (!status) return fail(status.error());
  for (const catalogue::ResourceId resource : kThreadResources) {
    census.unheld.push_back({.resource = resource,
                             .cause = kHiddenProcesses,
                             .amount = static_cast<std::uint64_t>(stat->num_threads),
                             .charged_uid = status->real_uid});
  }
  return {};
}

// Listed before the walk and there after it, yet not seen by it.
void BpfSource::count_hidden(const std::vector<Pid>& listed, const BpfBooks& books,
                             Census& census) {
  Unheld hidden{.resource = catalogue::ResourceId::kOpenFiles, .cause = kHiddenProcesses};
  // What may not be seen is hidden, and not a failure.
  const auto count = [&census](const Error& error) {
    const ErrorKind kind = error.kind();
    if (kind != ErrorKind::kGone && kind != ErrorKind::kDenied) census.failures.count(error);
  };
  for (const Pid pid : listed) {
    if (books.has_seen(pid)) continue;
    const auto size = procfs::count_fds_by_size(root_, pid);
    if (!size && root_.counts_by_size()) count(size.error());
    // Kernel threads have no descriptors.
    if (!size || *size == 0) continue;
    hidden.amount += *size;
    if (const auto told = count_hidden_threads(pid, census); !told) count(told.error());
    ++census.unseen[static_cast<std::size_t>(Unseen::kHidden)];
  }
  census.unheld.push_back(hidden);
}

// Where they could not be counted their files stay unexplained.
void BpfSource::add_loop_devices(Census& census) const {
  const auto devices = host_.loop_devices();
  if (!devices) return;
  census.unheld.push_back({.resource = catalogue::ResourceId::kOpenFiles,
                           .cause = kLoopDevices,
                           .amount = devices->bound});
}

Result<Census> BpfSource::take_census(const std::stop_token& stop) {
  Census census;
  census.taken_at = clock_.wall();
  census.exact = true;
  CostMeter cost(census.costs);
  if (auto listed = root_.list_pids(pids_); !listed) return fail(listed.error());

  BpfBooks books;
  const auto take = [&](const bpf::Record& record) { books.take(record); };
  if (auto done = walk(*programs_, bpf::Walk::kHoldings, stop, take); !done) {
    return fail(done.error());
  }
  cost.done("bpf/holdings");
  host_.open_missing();
  host_.count_devices(census.failures, cost);
  census.readings = host_.read(census.failures, cost);
  census.cpu_drops = host_.cpu_drops();
  host_.read_keys(census.charges, census.failures, cost);
  if (programs_->can(bpf::Walk::kMappings) && mappings_.is_due(books, clock_.steady())) {
    if (auto done = walk_mappings(books, stop); !done) {
      // What the last walk has found is worth more than no census.
      if (done.error().kind() != ErrorKind::kExhausted) return fail(done.error());
      census.failures.count(done.error());
    }
  }
  books.take(mappings_.files());
  census.mappings_age = mappings_.age(clock_.steady());
  cost.done("bpf/mappings");
  count_hidden(pids_, books, census);
  cost.done("hidden_processes");
  add_loop_devices(census);

  placements_.begin(census);
  std::move(books).write_into(census, placements_);
  placements_.end();
  cost.done("books");
  network_.read(census);
  cost.done("networks");
  return census;
}

}  // namespace kcommons::census
