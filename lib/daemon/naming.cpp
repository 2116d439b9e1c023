#include "daemon/naming.hpp"

namespace kcommons::daemon {

identity::Namer::Options naming_of(const config::Config& config,
                                   std::chrono::milliseconds patience) {
  identity::Namer::Options options;
  options.lookup.rootfs = config.paths.rootfs;
  options.lookup.procfs = config.paths.procfs;
  options.patience = patience;
  return options;
}

}  // namespace kcommons::daemon
