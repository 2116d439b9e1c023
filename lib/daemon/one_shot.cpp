#include "daemon/one_shot.hpp"

namespace kcommons::daemon {

Result<OneShot> sample_once(const config::Config& config, const Clock& clock) {
  const auto look = HostLook::open(config, clock);
  if (!look) return fail(look.error());
  return (*look)->take();
}

}  // namespace kcommons::daemon
