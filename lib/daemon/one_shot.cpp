#include "daemon/one_shot.hpp"

#include <limits>

#include "attribution/attributor.hpp"

namespace kcommons::daemon {

namespace {

constexpr attribution::Limits unlimited() {
  constexpr auto kMost = std::numeric_limits<std::size_t>::max();
  return {.max_containers = kMost, .max_units = kMost, .max_pools = kMost, .max_users = kMost};
}

}  // namespace

attribution::Snapshot attribute_all(const census::Census& census, double neighbours_above) {
  return attribution::Attributor(unlimited(), neighbours_above).attribute(census);
}

Result<OneShot> sample_once(const config::Config& config, const Clock& clock) {
  const auto look = HostLook::open(config, clock);
  if (!look) return fail(look.error());
  return (*look)->take();
}

}  // namespace kcommons::daemon
