#include "daemon/daemon.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstring>
#include <memory>
#include <utility>

#include "attribution/attributor.hpp"
#include "base/clock.hpp"
#include "census/procfs_source.hpp"
#include "census/sampler.hpp"
#include "cgroup/layouts.hpp"
#include "config/listen_address.hpp"
#include "daemon/log.hpp"
#include "daemon/publisher.hpp"
#include "daemon/site.hpp"
#include "exposition/registry.hpp"
#include "exposition/self_metrics.hpp"
#include "http/server.hpp"

namespace kcommons::daemon {

namespace {

constexpr int kExitOk = 0;
constexpr int kExitCannotStart = 1;

LogLevel level_of(config::Config::Log::Level level) {
  using Level = config::Config::Log::Level;
  switch (level) {
    case Level::kDebug:
      return LogLevel::kDebug;
    case Level::kInfo:
      return LogLevel::kInfo;
    case Level::kWarn:
      return LogLevel::kWarn;
    case Level::kError:
      break;
  }
  return LogLevel::kError;
}

LogFormat format_of(config::Config::Log::Format format) {
  return format == config::Config::Log::Format::kJson ? LogFormat::kJson : LogFormat::kLogfmt;
}

sigset_t block_signals() {
  sigset_t awaited;
  ::sigemptyset(&awaited);
  ::sigaddset(&awaited, SIGTERM);
  ::sigaddset(&awaited, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
  return awaited;
}

Result<std::unique_ptr<census::ProcfsSource>> open_source(const config::Config& config,
                                                          const Clock& clock) {
  cgroup::Layouts layouts = cgroup::Layouts::built_in();
  for (const config::LayoutRule& rule : config.cgroup.layouts) {
    if (auto added = layouts.add(rule.pattern, rule.runtime); !added) {
      return fail(added.error().during("cgroup.layouts"));
    }
  }
  return census::ProcfsSource::open(
      {.root = config.paths.procfs,
       .layouts = std::move(layouts),
       .inotify = {.large_instance = config.inotify.large_instance,
                   .large_read_interval = config.inotify.large_read_interval,
                   .read_budget = config.inotify.read_budget}},
      clock);
}

std::string_view source_reason(config::Config::Source source) {
  return source == config::Config::Source::kAuto ? "this build has no bpf census source"
                                                 : "configured";
}

Result<std::unique_ptr<http::Server>> start_server(const config::Config& config, const Site& site,
                                                   TroubleLog& troubles) {
  const auto address = config::parse_listen_address(config.web.listen_address);
  if (!address) return fail(address.error());
  http::ServerOptions options;
  options.host = address->host;
  options.port = address->port;
  options.max_requests = config.web.max_requests;
  options.log = [&troubles](std::string_view line) {
    troubles.report("the HTTP engine complains, only the first time is logged", line);
  };
  return http::Server::start(options, site.handler());
}

}  // namespace

int run(const config::Config& config, const BuildInfo& build) {
  const sigset_t awaited = block_signals();
  const SystemClock clock;
  Log log = Log::to_stderr(level_of(config.log.level), format_of(config.log.format), clock);
  TroubleLog troubles(log);

  auto source = open_source(config, clock);
  if (!source) {
    log.error("cannot start", {{"reason", source.error().message()}});
    return kExitCannotStart;
  }
  const std::string reason(source_reason(config.source));
  log.info("starting kcommons", {{"version", build.version},
                                 {"revision", build.revision},
                                 {"source", "procfs"},
                                 {"reason", reason},
                                 {"procfs", config.paths.procfs}});
  if (const std::string& restriction = (*source)->restriction(); !restriction.empty()) {
    log.warn("the view is restricted", {{"detail", restriction}});
  }

  SnapshotSlot snapshots;
  exposition::Registry registry;
  exposition::SelfMetrics self;
  self.set_build(build.version, build.revision, build.compiler);
  self.set_source("procfs", reason);
  registry.publish_self(self.render());

  const Site site({.version = build.version,
                   .source = "procfs",
                   .source_reason = reason,
                   .telemetry_path = config.web.telemetry_path},
                  snapshots, registry, clock);
  const auto server = start_server(config, site, troubles);
  if (!server) {
    log.error("cannot start", {{"reason", server.error().message()}});
    return kExitCannotStart;
  }

  const attribution::Limits limits{.max_containers = config.limits.max_containers,
                                   .max_units = config.limits.max_units,
                                   .max_pools = config.limits.max_pools,
                                   .max_users = config.limits.max_users};
  Publisher publisher(attribution::Attributor(limits, config.neighbours_above), snapshots, registry,
                      self, log, clock);
  census::Sampler sampler(std::move(*source),
                          {.pools_interval = config.sampling.pools_interval,
                           .holdings_interval = config.sampling.holdings_interval},
                          publisher, clock);
  sampler.start();
  log.info("listening", {{"address", config.web.listen_address},
                         {"port", std::to_string((*server)->port())},
                         {"path", config.web.telemetry_path}});

  int received = 0;
  ::sigwait(&awaited, &received);
  log.info("stopping", {{"signal", ::strsignal(received)}});
  sampler.stop();
  return kExitOk;
}

}  // namespace kcommons::daemon
