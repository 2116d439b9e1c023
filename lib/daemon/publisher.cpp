#include "daemon/publisher.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "attribution/current_pools.hpp"
#include "daemon/one_shot.hpp"
#include "exposition/render.hpp"

namespace kcommons::daemon {

namespace {

// All labels that any container has a value for.
std::vector<std::string> labels_in(const census::NamesOfContainers& all) {
  std::set<std::string> labels;
  for (const auto& [key, names] : all) {
    for (const auto& [label, value] : names->labels) labels.insert(label);
  }
  return {labels.begin(), labels.end()};
}

}  // namespace

using attribution::Snapshot;
using census::Unseen;
using exposition::Pass;

std::shared_ptr<const Snapshot> Uncut::of(const census::Census& census) {
  const std::lock_guard lock(mutex_);
  if (!snapshot_) snapshot_ = std::make_shared<const Snapshot>(attribute_all(census));
  return snapshot_;
}

void SnapshotSlot::put(Observation observation) {
  auto newest = std::make_shared<const Observation>(std::move(observation));
  const std::lock_guard lock(mutex_);
  newest_.swap(newest);
}

std::shared_ptr<const Observation> SnapshotSlot::observation() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

std::shared_ptr<const Snapshot> SnapshotSlot::get() const {
  const auto newest = observation();
  return newest ? newest->snapshot : nullptr;
}

Publisher::Publisher(Notifier& notifier, identity::Namer* namer, attribution::Attributor attributor,
                     PoolOptions pools, SnapshotSlot& snapshots, HistoryBook& history,
                     IncidentBook& incidents, exposition::Registry& registry,
                     exposition::SelfMetrics& self, Log& log, const Clock& clock)
    : notifier_(notifier),
      namer_(namer),
      attributor_(std::move(attributor)),
      options_(pools),
      peaks_(pools.peak_window, pools.max_pools),
      snapshots_(snapshots),
      history_(history),
      incidents_(incidents),
      registry_(registry),
      self_(self),
      log_(log),
      troubles_(log),
      clock_(clock),
      own_process_(clock.wall()) {}

void Publisher::configure(const attribution::Limits& limits, double neighbours_above,
                          PoolOptions pools) {
  attributor_.configure(limits, neighbours_above);
  options_ = pools;
  peaks_.configure(pools.peak_window, pools.max_pools);
  history_.configure(pools.history_window, pools.max_pools);
}

// The read that a pass ended with, beside those that it went on after.
void Publisher::pass_failed(Pass pass, const Error& error, const census::PassCost& cost) {
  census::Failures failures;
  failures.count(error);
  self_.pass_done(pass, false, cost.wall, cost.cpu, clock_.wall());
  self_.count_failures(pass, failures.by_kind);
}

void Publisher::on_pools(Result<census::PoolsReading> reading, const census::PassCost& cost) {
  const bool is_new = reading.has_value();
  troubles_.report("pools cannot be read, the last values stay",
                   is_new ? std::string() : reading.error().message());
  if (is_new) {
    take(std::move(*reading), cost);
  } else {
    pass_failed(Pass::kPools, reading.error(), cost);
  }
  auto pools = current_pools();
  if (is_new) incidents_.on_pools(pools, snapshots_.get().get(), history_.pools());
  render(std::move(pools));
  report_notified(notifier_.alive());
  registry_.publish_pools(pools_text_);
  registry_.publish_self(self_.render());
}

void Publisher::take(census::PoolsReading reading, const census::PassCost& cost) {
  self_.pass_done(Pass::kPools, true, cost.wall, cost.cpu, clock_.wall());
  self_.count_failures(Pass::kPools, reading.failures.by_kind);
  self_.count_costs(Pass::kPools, reading.costs);
  for (const census::WalksReady& ready : reading.walks_ready) {
    self_.set_reserve(ready.kind, ready.left);
  }
  troubles_.report("a limit or counter of the kernel cannot be read, it is not served",
                   reading.failures.first);
  last_pools_ = std::move(reading);
  last_pools_at_ = clock_.steady();
}

std::vector<attribution::CurrentPool> Publisher::current_pools() {
  if (!last_pools_) return {};
  const auto snapshot = snapshots_.get();
  auto pools = attribution::current_pools(*last_pools_, snapshot.get(), options_.max_pools);
  history_.note(pools, last_pools_at_);
  return pools;
}

void Publisher::render(std::vector<attribution::CurrentPool> pools) {
  if (!last_pools_) return;
  peaks_.update(pools, clock_.steady());
  pools_text_ = exposition::render_pools(pools);
}

void Publisher::add_growth(Snapshot& snapshot) const {
  for (attribution::Pool& pool : snapshot.pools) {
    pool.growth = history_.pools().growth({pool.resource, pool.userns, pool.uid}, clock_.steady());
  }
}

// Looking at itself costs as much as a pools pass: with a census is often enough.
std::string Publisher::render_self() {
  self_.set_process(own_process_.read());
  return self_.render();
}

void Publisher::on_census(Result<census::Census> census, const census::PassCost& cost) {
  troubles_.report("census failed, the last snapshot stays",
                   census ? std::string() : census.error().message());
  if (!census) {
    pass_failed(Pass::kHoldings, census.error(), cost);
    registry_.publish_self(render_self());
    return;
  }
  troubles_.report("some reads of processes failed, they are counted and left out",
                   census->failures.first);
  const census::Failures failures = census->failures;
  const census::ReaderCosts costs = census->costs;
  const auto snapshot = publish(std::move(*census), cost);
  history_.note(*snapshot);
  incidents_.on_census(*snapshot);
  render(current_pools());
  std::string holdings = exposition::render_holdings(*snapshot);
  // Only now has it succeeded: what finds no memory until here comes back as a failure.
  self_.pass_done(Pass::kHoldings, true, cost.wall, cost.cpu, clock_.wall());
  self_.count_failures(Pass::kHoldings, failures.by_kind);
  self_.count_costs(Pass::kHoldings, costs);
  registry_.publish_all(render_self(), pools_text_, std::move(holdings));
  report_unseen(*snapshot);
  if (!first_census_done_) {
    first_census_done_ = true;
    report_notified(notifier_.ready(fmt::format("serving {} processes, {} containers",
                                                snapshot->processes, snapshot->containers)));
    log_.info("first census done, ready", {{"processes", std::to_string(snapshot->processes)},
                                           {"containers", std::to_string(snapshot->containers)},
                                           {"seconds", fmt::format("{:.3f}", cost.wall.count())}});
  }
}

std::shared_ptr<const Snapshot> Publisher::publish(census::Census census,
                                                   const census::PassCost& cost) {
  name_containers(census);
  Snapshot attributed = attributor_.attribute(census);
  attributed.copied_labels = namer_ != nullptr ? namer_->labels() : labels_in(census.names);
  add_growth(attributed);
  auto snapshot = std::make_shared<const Snapshot>(std::move(attributed));
  snapshots_.put({.snapshot = snapshot,
                  .census = std::make_shared<const census::Census>(std::move(census)),
                  .told = namer_ != nullptr ? namer_->told() : std::vector<identity::Told>(),
                  .cost = cost});
  return snapshot;
}

void Publisher::name_containers(census::Census& census) {
  if (namer_ == nullptr) return;
  const SteadyTime began = clock_.steady();
  namer_->apply(census);
  self_.set_identity_wait(clock_.steady() - began);
  const identity::FailureCounts failures = namer_->failures();
  for (const identity::Source source : identity::kFallibleSources) {
    self_.set_identity_failures(identity::name_of(source), failures.of(source));
  }
}

void Publisher::report_notified(const Result<void>& told) {
  troubles_.report("the service manager does not hear that this works",
                   told ? std::string() : told.error().message());
}

void Publisher::report_unseen(const Snapshot& snapshot) {
  const auto count = [&](Unseen reason) {
    return snapshot.unseen[static_cast<std::size_t>(reason)];
  };
  const auto report = [&](Unseen reason, std::string_view topic, std::string_view remedy) {
    const auto n = count(reason);
    troubles_.report(topic, n == 0 ? std::string() : fmt::format("{} processes; {}", n, remedy));
  };
  report(Unseen::kDescriptorsDenied, "descriptors of some processes cannot be told apart",
         "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH allow it");
  report(Unseen::kInotifyDenied, "inotify instances of some processes cannot be read",
         "CAP_SYS_PTRACE allows it");
  report(Unseen::kUserNsDenied, "the pools that some processes charge are not known",
         "CAP_SYS_PTRACE shows their user namespace");
  report(Unseen::kHidden, "processes are hidden from this procfs",
         "run in the host's PID namespace, and with CAP_SYS_PTRACE where hidepid is set");
  troubles_.report(
      "running in a private cgroup namespace, containers above it are not told",
      snapshot.cgroup_namespace_private ? "start with the host's cgroup namespace" : "");
}

}  // namespace kcommons::daemon
