#include "passes.hpp"

#include <bit>
#include <chrono>
#include <functional>
#include <numeric>
#include <string_view>
#include <utility>

#include "exposition/render.hpp"
#include "unit/identity/tree.hpp"

namespace kcommons::test {

namespace {

using attribution::CurrentPool;
using attribution::Holder;
using attribution::Pool;
using attribution::Snapshot;

// Longer than any answer takes: names are in the census that asks for them.
constexpr std::chrono::seconds kPatience{30};
constexpr std::size_t kMostPools = 2000;

identity::Namer::Options naming(const std::string& rootfs, const std::string& procfs) {
  return {.lookup =
              {.rootfs = rootfs, .procfs = procfs, .roots = usual_roots(), .off = {}, .labels = {}},
          .patience = kPatience};
}

class Digest final {
 public:
  void add(std::uint64_t value) { values_.push_back(value); }
  void add(std::string_view text) { add(std::hash<std::string_view>()(text)); }
  void add(const std::optional<std::uint64_t>& value) {
    add(std::uint64_t{value.has_value()});
    add(value.value_or(0));
  }
  void add(const std::optional<double>& value) {
    add(std::uint64_t{value.has_value()});
    add(std::bit_cast<std::uint64_t>(value.value_or(0)));
  }
  void add(const std::optional<catalogue::Limit>& limit) {
    add(std::uint64_t{limit.has_value()});
    if (limit) add(limit->value);
  }
  void add(const Holder::Part& part) {
    add(part.processes);
    add(part.descriptors);
    if (!part.by_type) return;
    for (const std::uint64_t count : *part.by_type) add(count);
  }
  void add(const Holder& holder) {
    for (const std::string& text :
         {holder.unit, holder.container_id, holder.runtime, holder.container, holder.pod,
          holder.pod_namespace, holder.image, holder.compose_project, holder.compose_service,
          holder.pod_uid, holder.parent_id, holder.cgroup}) {
      add(text);
    }
    add(holder.workload);
    add(holder.runtime_part);
    add(holder.receive_dropped);
    add(holder.descriptor_limit_ratio);
  }
  void add(const Pool& pool) {
    add(static_cast<std::uint64_t>(pool.resource));
    add(pool.userns);
    add(pool.uid);
    add(pool.used_at_census);
    add(pool.limit);
    for (const attribution::Holding& holding : pool.holdings) {
      add(holding.holder);
      add(static_cast<std::uint64_t>(holding.role));
      add(holding.used);
    }
    for (const std::uint32_t neighbour : pool.neighbours) add(neighbour);
    add(pool.container_neighbours);
    add(pool.host_neighbours);
    for (const attribution::Unattributed& part : pool.unattributed) {
      add(part.cause);
      add(static_cast<std::uint64_t>(part.amount));
    }
  }
  void add(const CurrentPool& pool) {
    add(static_cast<std::uint64_t>(pool.resource));
    add(pool.userns);
    add(pool.uid);
    add(pool.used);
    add(pool.limit);
  }
  void add(const Snapshot& snapshot) {
    for (const Holder& holder : snapshot.holders) add(holder);
    for (const Pool& pool : snapshot.pools) add(pool);
    for (const attribution::UserUse& use : snapshot.users) {
      add(static_cast<std::uint64_t>(use.resource));
      add(use.uid);
      add(use.user);
      add(use.used);
    }
    for (const attribution::ValueAge& age : snapshot.ages) {
      add(static_cast<std::uint64_t>(age.oldest.count()));
    }
    for (const census::CpuDrops& drops : snapshot.cpu_drops) add(drops.packets);
    for (const std::uint64_t count : snapshot.unseen) add(count);
    add(snapshot.processes);
    add(snapshot.containers);
    add(snapshot.containers_unnamed);
    add(snapshot.series_dropped);
    add(std::uint64_t{snapshot.cgroup_namespace_private});
  }

  std::vector<std::uint64_t> take() && { return std::move(values_); }

 private:
  std::vector<std::uint64_t> values_;
};

template <typename T>
void note(const Result<T>& pass, Outcome& outcome) {
  if (!pass) {
    outcome.error = pass.error();
    return;
  }
  outcome.counted += pass->failures.total();
  if (outcome.first_failure.empty()) outcome.first_failure = pass->failures.first;
}

}  // namespace

std::string Outcome::served() const {
  return exposition::render_pools(pools) + exposition::render_holdings(snapshot);
}

std::vector<std::uint64_t> Outcome::digest() const {
  Digest digest;
  for (const CurrentPool& pool : pools) digest.add(pool);
  digest.add(snapshot);
  return std::move(digest).take();
}

Rig::Rig(const std::string& rootfs, const std::string& procfs, FakeClock& clock)
    : clock_(clock), namer_(naming(rootfs, procfs), clock), attributor_({}, 0.5) {
  // Its thread reads once by itself: that is over when this returns.
  census::Census nothing;
  namer_.apply(nothing);
}

std::uint64_t Rig::names_failed() const {
  const identity::FailureCounts failures = namer_.failures();
  std::uint64_t sum = 0;
  for (const identity::Source source : identity::kFallibleSources) sum += failures.of(source);
  return sum;
}

void Rig::take(census::Census census) {
  namer_.apply(census);
  snapshot_ = attributor_.attribute(census);
}

Outcome Rig::finish(Outcome outcome, std::uint64_t names_failed_before) {
  outcome.counted += names_failed() - names_failed_before;
  outcome.snapshot = snapshot_;
  if (pools_) outcome.pools = attribution::current_pools(*pools_, &snapshot_, kMostPools);
  clock_.advance(std::chrono::seconds(61));
  return outcome;
}

Outcome Rig::run(census::Source& source) {
  Outcome outcome;
  const std::uint64_t before = names_failed();
  auto pools = source.read_pools();
  note(pools, outcome);
  if (pools) pools_ = std::move(*pools);
  auto census = source.take_census({});
  note(census, outcome);
  if (census) {
    outcome.counted =
        std::accumulate(census->unseen.begin(), census->unseen.end(), outcome.counted);
    take(std::move(*census));
  }
  return finish(std::move(outcome), before);
}

Outcome Rig::name(census::Census census) {
  const std::uint64_t before = names_failed();
  take(std::move(census));
  return finish({}, before);
}

}  // namespace kcommons::test
