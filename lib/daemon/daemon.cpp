#include "daemon/daemon.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "attribution/attributor.hpp"
#include "base/clock.hpp"
#include "census/sampler.hpp"
#include "config/listen_address.hpp"
#include "daemon/access.hpp"
#include "daemon/deadline.hpp"
#include "daemon/log.hpp"
#include "daemon/naming.hpp"
#include "daemon/privileges.hpp"
#include "daemon/publisher.hpp"
#include "daemon/reload.hpp"
#include "daemon/sampler_watch.hpp"
#include "daemon/site.hpp"
#include "daemon/source.hpp"
#include "exposition/registry.hpp"
#include "exposition/self_metrics.hpp"
#include "http/server.hpp"

namespace kcommons::daemon {

namespace {

constexpr int kExitOk = 0;
constexpr int kExitCannotStart = 1;
constexpr int kExitForced = 1;

// From the signal to the end of what ends by itself. It takes less than a second; service managers
// wait ten and more before they use force themselves.
constexpr std::chrono::milliseconds kLongestEnd{5000};

// For names that a census asks for.
constexpr std::chrono::milliseconds kNamesPatience{10};

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
  ::sigaddset(&awaited, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &awaited, nullptr);
  return awaited;
}

// Until a signal ends the daemon: which one. `look` is called about every second.
int wait_for_end(const sigset_t& awaited, const std::function<void()>& reload,
                 const std::function<void()>& look) {
  constexpr timespec kSecond{.tv_sec = 1, .tv_nsec = 0};
  while (true) {
    const int received = ::sigtimedwait(&awaited, nullptr, &kSecond);
    if (received == SIGHUP) reload();
    if (received > 0 && received != SIGHUP) return received;
    look();
  }
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

attribution::Limits limits_of(const config::Config& config) {
  return {.max_containers = config.limits.max_containers,
          .max_units = config.limits.max_units,
          .max_pools = config.limits.max_pools,
          .max_users = config.limits.max_users};
}

PoolOptions pool_options_of(const config::Config& config) {
  return {.max_pools = config.limits.max_pools,
          .peak_window = config.sampling.peak_window,
          .history_window = config.sampling.history_window};
}

census::Cadence::Options cadence_of(const config::Config& config) {
  return {.pools_interval = config.sampling.pools_interval,
          .holdings_interval = config.sampling.holdings_interval};
}

bool has_key(const std::vector<std::string>& keys, std::string_view start) {
  return std::ranges::any_of(keys,
                             [start](std::string_view key) { return key.starts_with(start); });
}

// What of a new configuration takes effect on the sampler's thread.
struct Renewed {
  Publisher& publisher;
  identity::Namer& namer;
  config::Config config;
  census::SourceSettings settings;
  bool names_change = false;

  void operator()(census::Source& source) const {
    source.configure(settings);
    publisher.configure(limits_of(config), config.neighbours_above, pool_options_of(config));
    if (names_change) namer.configure(naming_of(config, kNamesPatience));
  }
};

Result<std::string> give_up_privileges(const config::Config& config, const OpenedSource& source) {
  const auto address = config::parse_listen_address(config.web.listen_address);
  return drop_privileges(source.name, address ? address->port : 0);
}

Result<std::unique_ptr<http::Server>> start_server(const config::Config& config,
                                                   http::Handler handler, TroubleLog& troubles) {
  const auto address = config::parse_listen_address(config.web.listen_address);
  if (!address) return fail(address.error());
  http::ServerOptions options;
  options.host = address->host;
  options.port = address->port;
  options.max_requests = config.web.max_requests;
  options.log = [&troubles](std::string_view line) {
    troubles.report("the HTTP engine complains, only the first time is logged", line);
  };
  return http::Server::start(options, std::move(handler));
}

}  // namespace

int run(const config::Config& config, const BuildInfo& build, const ReadAgain& read_again) {
  keep_memory_small();
  const sigset_t awaited = block_signals();
  const SystemClock clock;
  Log log = Log::to_stderr(level_of(config.log.level), format_of(config.log.format), clock);
  TroubleLog troubles(log);
  Deadline end;  // outlives all that it is to see ended

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
  // Before there is another thread, which would keep what it has.
  if (const auto kept = give_up_privileges(config, *source)) {
    log.debug("capabilities given up", {{"kept", *kept}});
  } else {
    log.warn("capabilities are not given up", {{"reason", kept.error().message()}});
  }

  SnapshotSlot snapshots;
  exposition::Registry registry;
  exposition::SelfMetrics self;
  self.set_build(build.version, build.revision, build.compiler);
  self.set_source(source->name, source->reason);
  self.config_read(true, clock.wall());
  registry.publish_self(self.render());

  Notifier notifier(Notifier::from_environment(), clock);
  identity::Namer namer(naming_of(config, kNamesPatience), clock);
  Publisher publisher(notifier, namer,
                      attribution::Attributor(limits_of(config), config.neighbours_above),
                      pool_options_of(config), snapshots, registry, self, log, clock);
  census::Sampler sampler(std::move(source->source), cadence_of(config), publisher, clock);
  SamplerWatch watch([&sampler] { return sampler.progress(); }, patience_for(config.sampling),
                     clock);

  std::atomic<std::chrono::milliseconds> stale_age = stale_after(config.sampling);
  const auto apply = [&](const config::Config& next,
                         const std::vector<std::string>& changed) -> Result<void> {
    auto settings = settings_of(next);
    if (!settings) return fail(settings.error());
    if (changed.empty()) return {};  // while the sampler hangs, changes wait for it
    if (!has_key(changed, "cgroup.")) settings->layouts.reset();
    log.set_least(level_of(next.log.level));
    watch.set_patience(patience_for(next.sampling));
    stale_age = stale_after(next.sampling);
    sampler.change({.cadence = cadence_of(next),
                    .apply = Renewed{.publisher = publisher,
                                     .namer = namer,
                                     .config = next,
                                     .settings = std::move(*settings),
                                     .names_change = has_key(changed, "identity.")}});
    return {};
  };
  Reloader reloader(config, read_again, apply,
                    {.notifier = notifier, .self = self, .log = log, .clock = clock});

  SiteHooks hooks{.trouble = [&watch] { return watch.look(); },
                  .stale_after = [&stale_age] { return stale_age.load(); },
                  .reload = nullptr};
  if (config.web.enable_lifecycle) hooks.reload = [&reloader] { return reloader.reload(); };
  const Site site({.version = build.version,
                   .source = source->name,
                   .source_reason = source->reason,
                   .restriction = source->restriction,
                   .telemetry_path = config.web.telemetry_path},
                  snapshots, registry, clock, std::move(hooks));
  const Access access(config.web.config_file, [&troubles](const std::string& mistakes) {
    troubles.report("the web configuration is wrong, nobody gets in until it is right", mistakes);
  });
  const auto server = start_server(config, access.guard(site.handler()), troubles);
  if (!server) {
    log.error("cannot start", {{"reason", server.error().message()}});
    return kExitCannotStart;
  }

  sampler.start();
  log.info("listening", {{"address", config.web.listen_address},
                         {"port", std::to_string((*server)->port())},
                         {"path", config.web.telemetry_path}});

  const int received = wait_for_end(
      awaited, [&reloader] { reloader.ask(); },
      [&] { troubles.report("the sampler hangs, the last snapshot stays", watch.look()); });
  log.info("stopping", {{"signal", ::strsignal(received)}});
  const auto limited = end.begin(kLongestEnd, [&log] {
    log.error("something hangs and is not waited for: the process ends as it is",
              {{"waited", fmt::format("{} s", kLongestEnd.count() / 1000)}});
    std::_Exit(kExitForced);
  });
  if (!limited) log.warn("the end has no limit", {{"reason", limited.error().message()}});
  if (const auto told = notifier.stopping(); !told) {
    log.warn("the service manager is not told", {{"reason", told.error().message()}});
  }
  sampler.stop();
  return kExitOk;
}

}  // namespace kcommons::daemon
