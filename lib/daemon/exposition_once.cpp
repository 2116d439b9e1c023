#include "daemon/exposition_once.hpp"

#include <chrono>
#include <utility>

#include "attribution/attributor.hpp"
#include "attribution/current_pools.hpp"
#include "census/cost.hpp"
#include "daemon/host_look.hpp"
#include "daemon/series_limits.hpp"
#include "exposition/render.hpp"
#include "exposition/self_metrics.hpp"

namespace kcommons::daemon {

Result<std::string> exposition_once(const config::Config& config, const BuildInfo& build,
                                    const Clock& clock) {
  const auto look = HostLook::open(config, clock);
  if (!look) return fail(look.error());
  const SteadyTime began = clock.steady();
  const census::CpuTime cpu = census::thread_cpu();
  auto record = (*look)->record();
  if (!record) return fail(record.error());

  attribution::Snapshot snapshot =
      attribution::Attributor(limits_of(config), config.neighbours_above).attribute(record->census);
  snapshot.copied_labels = (*look)->labels();
  exposition::SelfMetrics self;
  self.set_build(build.version, build.revision, build.compiler);
  self.set_source((*look)->source().name, (*look)->source().reason);
  self.config_read(true, clock.wall());
  self.pass_done(exposition::Pass::kHoldings, true, clock.steady() - began,
                 census::thread_cpu() - cpu, record->census.taken_at);
  self.count_failures(exposition::Pass::kHoldings, record->census.failures.by_kind);
  return self.render() +
         exposition::render_pools(
             attribution::current_pools(record->pools, &snapshot, config.limits.max_pools)) +
         exposition::render_holdings(snapshot);
}

}  // namespace kcommons::daemon
