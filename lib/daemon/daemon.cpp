#include "daemon/daemon.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include "attribution/attributor.hpp"
#include "base/clock.hpp"
#include "census/sampler.hpp"
#include "config/listen_address.hpp"
#include "daemon/access.hpp"
#include "daemon/descriptors.hpp"
#include "daemon/log.hpp"
#include "daemon/naming.hpp"
#include "daemon/privileges.hpp"
#include "daemon/publisher.hpp"
#include "daemon/rights.hpp"
#include "daemon/site.hpp"
#include "daemon/source.hpp"
#include "daemon/system_calls.hpp"
#include "exposition/registry.hpp"
#include "exposition/self_metrics.hpp"
#include "http/server.hpp"
#include "procfs/proc_root.hpp"

namespace kcommons::daemon {

namespace {

constexpr int kExitOk = 0;
constexpr int kExitCannotStart = 1;

// What looking for a name has open at once, and some that others take meanwhile.
constexpr std::size_t kFilesOfAName = 16;
constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

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

// An answer is megabytes where there are a thousand containers. By default each of the server's
// threads would keep such blocks in an arena of its own, for good; mapped, they are given back.
void keep_memory_small() {
  constexpr int kMapFrom = 128 * 1024;
  constexpr int kArenas = 2;  // the sampler's and one for the server
  ::mallopt(M_MMAP_THRESHOLD, kMapFrom);
  ::mallopt(M_ARENA_MAX, kArenas);
}

// Two censuses that are missing may be slow ones; three are not coming.
std::chrono::milliseconds stale_after(const config::Config::Sampling& sampling) {
  constexpr std::chrono::milliseconds kLeast{60000};
  return std::max(kLeast, 3 * sampling.holdings_interval);
}

config::Config::Reserve make_room(const config::Config::Reserve& wanted, Log& log) {
  const auto limit = raise_descriptor_limit(wanted);
  if (!limit) {
    log.warn("nothing is opened ahead, censuses and clients may fail when descriptors run out",
             {{"reason", limit.error().message()}});
    return {.walks = 0, .connections = 0};
  }
  const auto fitted = fit_reserve(wanted, *limit);
  if (fitted != wanted) {
    log.warn("less is opened ahead than configured, a higher RLIMIT_NOFILE would allow it",
             {{"limit", std::to_string(*limit)},
              {"walks", std::to_string(fitted.walks)},
              {"connections", std::to_string(fitted.connections)}});
  }
  return fitted;
}

// Once, at the start: what a census cannot see, it says at its own time (Publisher).
void tell_missing_rights(const config::Config& config, const OpenedSource& source, Log& log) {
  const auto rights = own_rights();
  if (!rights) {
    log.warn("which capabilities are missing is not known", {{"reason", rights.error().message()}});
    return;
  }
  const auto root = procfs::ProcRoot::open(config.paths.procfs);
  const Sight sight{.source = source.name,
                    .wanted_bpf = config.source == config::Config::Source::kAuto,
                    .counts_by_size = root && root->counts_by_size()};
  for (const MissingRight& right : missing_rights(sight, *rights)) {
    log.warn(
        "less is seen without a capability",
        {{"missing", right.capabilities},
         {"unseen", right.unseen},
         {"remedy",
          "AmbientCapabilities= and CapabilityBoundingSet= of its unit, docker run --cap-add"}});
  }
}

// Sanitizers ask for more than the daemon does.
#if defined(KCOMMONS_SANITIZED)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

Result<std::string> give_up_privileges(const config::Config& config, const OpenedSource& source) {
  const auto address = config::parse_listen_address(config.web.listen_address);
  return drop_privileges(source.name, address ? address->port : 0);
}

Result<std::unique_ptr<http::Server>> start_server(const config::Config& config,
                                                   http::Handler handler,
                                                   DescriptorReserve& reserve,
                                                   TroubleLog& troubles) {
  const auto address = config::parse_listen_address(config.web.listen_address);
  if (!address) return fail(address.error());
  http::ServerOptions options;
  options.host = address->host;
  options.port = address->port;
  options.max_requests = config.web.max_requests;
  options.reserve = &reserve;
  options.log = [&troubles](std::string_view line) {
    troubles.report("the HTTP engine complains, only the first time is logged", line);
  };
  return http::Server::start(options, std::move(handler));
}

}  // namespace

int run(const config::Config& given, const BuildInfo& build) {
  keep_memory_small();
  const sigset_t awaited = block_signals();
  const SystemClock clock;
  Log log = Log::to_stderr(level_of(given.log.level), format_of(given.log.format), clock);
  TroubleLog troubles(log);
  config::Config config = given;
  config.reserve = make_room(given.reserve, log);

  auto source = open_source(config, clock);
  if (!source) {
    log.error("cannot start", {{"reason", source.error().message()}});
    return kExitCannotStart;
  }
  log.info("starting kcommons", {{"version", build.version},
                                 {"revision", build.revision},
                                 {"source", source->name},
                                 {"reason", source->reason},
                                 {"procfs", config.paths.procfs}});
  if (!source->restriction.empty()) {
    log.warn("the view is restricted", {{"detail", source->restriction}});
  }
  tell_missing_rights(config, *source, log);
  // Before there is another thread, which would keep what it has.
  if (const auto kept = give_up_privileges(config, *source)) {
    log.debug("capabilities given up", {{"kept", *kept}});
  } else {
    log.warn("capabilities are not given up", {{"reason", kept.error().message()}});
  }
  if (const auto limited =
          limit_system_calls({.bpf = source->name == "bpf", .debugging = kIsSanitized})) {
    log.debug("system calls that are never needed are denied");
  } else {
    log.warn("system calls that are never needed are not denied",
             {{"reason", limited.error().message()}});
  }

  SnapshotSlot snapshots;
  exposition::Registry registry;
  exposition::SelfMetrics self;
  self.set_build(build.version, build.revision, build.compiler);
  self.set_source(source->name, source->reason);
  registry.publish_self(self.render());

  DescriptorReserve reserve(
      config.reserve.connections,
      {.files_over = files_over_limit(config.paths.procfs),
       .left = [&self](std::size_t left) { self.set_reserve("connections", left); }});

  const Site site({.version = build.version,
                   .source = source->name,
                   .source_reason = source->reason,
                   .restriction = source->restriction,
                   .telemetry_path = config.web.telemetry_path,
                   .stale_after = stale_after(config.sampling)},
                  snapshots, registry, clock);
  const Access access(config.web.config_file, [&troubles](const std::string& mistakes) {
    troubles.report("the web configuration is wrong, nobody gets in until it is right", mistakes);
  });
  const auto server = start_server(config, access.guard(site.handler()), reserve, troubles);
  if (!server) {
    log.error("cannot start", {{"reason", server.error().message()}});
    return kExitCannotStart;
  }

  const attribution::Limits limits{.max_containers = config.limits.max_containers,
                                   .max_units = config.limits.max_units,
                                   .max_pools = config.limits.max_pools,
                                   .max_users = config.limits.max_users};
  constexpr std::chrono::milliseconds kPatience{10};
  Notifier notifier(Notifier::from_environment(), clock);
  identity::Namer::Options naming = naming_of(config, kPatience);
  naming.make_room = [&reserve] { return reserve.make_room(kFilesOfAName, kAnyNumber); };
  identity::Namer namer(std::move(naming), clock);
  Publisher publisher(notifier, namer, attribution::Attributor(limits, config.neighbours_above),
                      {.max_pools = limits.max_pools,
                       .peak_window = config.sampling.peak_window,
                       .history_window = config.sampling.history_window},
                      snapshots, registry, self, log, clock);
  census::Sampler sampler(std::move(source->source),
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
  if (const auto told = notifier.stopping(); !told) {
    log.warn("the service manager is not told", {{"reason", told.error().message()}});
  }
  sampler.stop();
  return kExitOk;
}

}  // namespace kcommons::daemon
