#include "daemon/source.hpp"

#include <fmt/format.h>

#include <utility>

#include "census/bpf_source.hpp"
#include "census/procfs_source.hpp"
#include "cgroup/layouts.hpp"
#include "daemon/replay_source.hpp"

namespace kcommons::daemon {

namespace {

using config::Config;

Result<cgroup::Layouts> layouts_of(const Config& config) {
  cgroup::Layouts layouts = cgroup::Layouts::built_in();
  for (const config::LayoutRule& rule : config.cgroup.layouts) {
    if (auto added = layouts.add(rule.pattern, rule.runtime); !added) {
      return fail(added.error().during("cgroup.layouts"));
    }
  }
  return layouts;
}

census::InotifyBudget budget_of(const Config& config) {
  return {.large_instance = config.inotify.large_instance,
          .large_read_interval = config.inotify.large_read_interval,
          .read_budget = config.inotify.read_budget};
}

Result<OpenedSource> open_bpf(const Config& config, cgroup::Layouts layouts, const Clock& clock) {
  auto source =
      census::BpfSource::open({.procfs = config.paths.procfs,
                               .sysfs = config.paths.sysfs,
                               .layouts = std::move(layouts),
                               .mappings = {.interval = config.sampling.mappings_interval},
                               .walks_ready = config.reserve.walks},
                              clock);
  if (!source) return fail(source.error());
  return OpenedSource{
      .source = std::move(*source), .name = "bpf", .reason = "configured", .restriction = ""};
}

Result<OpenedSource> open_procfs(const Config& config, cgroup::Layouts layouts,
                                 const Clock& clock) {
  auto source = census::ProcfsSource::open({.root = config.paths.procfs,
                                            .sysfs = config.paths.sysfs,
                                            .layouts = std::move(layouts),
                                            .inotify = budget_of(config)},
                                           clock);
  if (!source) return fail(source.error());
  std::string restriction = (*source)->restriction();
  return OpenedSource{.source = std::move(*source),
                      .name = "procfs",
                      .reason = "configured",
                      .restriction = std::move(restriction)};
}

}  // namespace

Result<census::SourceSettings> settings_of(const Config& config) {
  auto layouts = layouts_of(config);
  if (!layouts) return fail(layouts.error());
  return census::SourceSettings{.layouts = std::move(*layouts),
                                .inotify = budget_of(config),
                                .mappings_interval = config.sampling.mappings_interval};
}

Result<OpenedSource> open_source(const Config& config, const Clock& clock) {
  auto layouts = layouts_of(config);
  if (!layouts) return fail(layouts.error());
  if (config.source == Config::Source::kProcfs) {
    return open_procfs(config, std::move(*layouts), clock);
  }
  auto bpf = open_bpf(config, *layouts, clock);
  if (config.source == Config::Source::kBpf) {
    if (!bpf) return fail(bpf.error().during("source: bpf"));
    return bpf;
  }
  if (bpf) {
    bpf->reason = "auto: it loads here";
    return bpf;
  }
  auto procfs = open_procfs(config, std::move(*layouts), clock);
  if (procfs) procfs->reason = "auto: no bpf: " + bpf.error().message();
  return procfs;
}

Result<OpenedSource> open_replay(const std::string& recording, const Clock& clock) {
  auto source = ReplaySource::open(recording, clock);
  if (!source) return fail(source.error());
  std::string reason = fmt::format("{} records of {}", (*source)->size(), recording);
  return OpenedSource{.source = std::move(*source),
                      .name = "replay",
                      .reason = std::move(reason),
                      .restriction = "not this host: a recording is served"};
}

}  // namespace kcommons::daemon
