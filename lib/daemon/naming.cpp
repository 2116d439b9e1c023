#include "daemon/naming.hpp"

namespace kcommons::daemon {

namespace {

std::set<identity::Source> sources_of(const std::vector<std::string>& names) {
  std::set<identity::Source> sources;
  for (const std::string& name : names) {
    if (const auto source = identity::find_source(name)) sources.insert(*source);
  }
  return sources;
}

}  // namespace

identity::Namer::Options naming_of(const config::Config& config,
                                   std::chrono::milliseconds patience) {
  const config::Config::Identity::Roots& roots = config.identity.roots;
  return {.lookup = {.rootfs = config.paths.rootfs,
                     .procfs = config.paths.procfs,
                     .roots = {.docker = roots.docker,
                               .containerd = roots.containerd,
                               .runc = roots.runc,
                               .crun = roots.crun,
                               .cri_o = roots.cri_o,
                               .podman = roots.podman,
                               .machines = roots.machines,
                               .kubelet_logs = roots.kubelet_logs},
                     .off = sources_of(config.identity.off),
                     .labels = config.identity.labels},
          .patience = patience};
}

}  // namespace kcommons::daemon
