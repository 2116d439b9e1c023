#include "daemon/series_limits.hpp"

namespace kcommons::daemon {

attribution::Limits limits_of(const config::Config& config) {
  return {.max_containers = config.limits.max_containers,
          .max_units = config.limits.max_units,
          .max_pools = config.limits.max_pools,
          .max_users = config.limits.max_users};
}

}  // namespace kcommons::daemon
