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
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attribution/attributor.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"
#include "census/sampler.hpp"
#include "config/listen_address.hpp"
#include "daemon/access.hpp"
#include "daemon/deadline.hpp"
#include "daemon/descriptors.hpp"
#include "daemon/history_book.hpp"
#include "daemon/incident_book.hpp"
#include "daemon/log.hpp"
#include "daemon/naming.hpp"
#include "daemon/privileges.hpp"
#include "daemon/publisher.hpp"
#include "daemon/reload.hpp"
#include "daemon/rights.hpp"
#include "daemon/sampler_watch.hpp"
#include "daemon/series_limits.hpp"
#include "daemon/site.hpp"
#include "daemon/source.hpp"
#include "daemon/system_calls.hpp"
#include "exposition/registry.hpp"
#include "exposition/self_metrics.hpp"
#include "http/server.hpp"
#include "procfs/file_reader.hpp"
#include "procfs/proc_root.hpp"

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

Result<std::vector<http::Endpoint>> endpoints_of(const config::Config& config) {
  std::vector<http::Endpoint> endpoints;
  for (const std::string& text : config.web.listen_addresses) {
    const auto address = config::parse_listen_address(text);
    if (!address) return fail(address.error());
    endpoints.push_back({.host = address->host, .port = address->port});
  }
  return endpoints;
}

// So that an incident of before the machine was started anew is not taken for one of now; empty
// where it cannot be read.
std::string boot_id_of(const config::Config& config) {
  const auto procfs = procfs::ProcRoot::open(config.paths.procfs);
  if (!procfs) return {};
  constexpr std::size_t kLongest = 64;
  std::string buffer;
  const auto id = procfs::read_file(procfs->fd(), "sys/kernel/random/boot_id", buffer, kLongest);
  return id ? text::printable(text::trim(*id)) : std::string();
}

IncidentBook::Options incident_options(const config::Config& config) {
  const auto& incidents = config.incidents;
  return {.tracker = {.threshold = incidents.threshold,
                      .clear = incidents.clear,
                      .clear_after = incidents.clear_after,
                      .patience = stale_after(config.sampling),
                      .holders = incidents.holders,
                      // The others have room for those that are over.
                      .most_open = incidents.keep / 2,
                      .boot_id = boot_id_of(config)},
          .keep = incidents.keep};
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
  identity::Namer* namer;
  config::Config config;
  census::SourceSettings settings;
  bool names_change = false;

  void operator()(census::Source& source) const {
    source.configure(settings);
    publisher.configure(limits_of(config), config.neighbours_above, pool_options_of(config));
    if (names_change && namer != nullptr) namer->configure(naming_of(config, kNamesPatience));
  }
};

// Once, at the start: what a census cannot see, it says at its own time (Publisher). The same, a
// line each, for the page.
std::vector<std::string> tell_missing_rights(const config::Config& config,
                                             const OpenedSource& source, Log& log) {
  const auto rights = own_rights();
  if (!rights) {
    log.warn("which capabilities are missing is not known", {{"reason", rights.error().message()}});
    return {"which capabilities are missing is not known: " + rights.error().message()};
  }
  const auto root = procfs::ProcRoot::open(config.paths.procfs);
  const Sight sight{.source = source.name,
                    .wanted_bpf = config.source == config::Config::Source::kAuto,
                    .counts_by_size = root && root->counts_by_size()};
  std::vector<std::string> lines;
  for (const MissingRight& right : missing_rights(sight, *rights)) {
    lines.push_back(fmt::format("without {}: {}", right.capabilities, right.unseen));
    log.warn(
        "less is seen without a capability",
        {{"missing", right.capabilities},
         {"unseen", right.unseen},
         {"remedy",
          "AmbientCapabilities= and CapabilityBoundingSet= of its unit, docker run --cap-add"}});
  }
  return lines;
}

// Sanitizers ask for more than the daemon does.
#if defined(KCOMMONS_SANITIZED)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

Result<std::string> give_up_privileges(const config::Config& config, const OpenedSource& source) {
  std::vector<int> ports;
  if (const auto endpoints = endpoints_of(config)) {
    for (const http::Endpoint& endpoint : *endpoints) ports.push_back(endpoint.port);
  }
  return drop_privileges(source.name, ports);
}

Result<std::unique_ptr<http::Server>> start_server(const config::Config& config,
                                                   http::Handler handler,
                                                   DescriptorReserve& reserve,
                                                   TroubleLog& troubles) {
  const auto endpoints = endpoints_of(config);
  if (!endpoints) return fail(endpoints.error());
  http::ServerOptions options;
  options.host = endpoints->front().host;
  options.port = endpoints->front().port;
  options.more.assign(endpoints->begin() + 1, endpoints->end());
  options.max_requests = config.web.max_requests;
  options.reserve = &reserve;
  options.log = [&troubles](std::string_view line) {
    troubles.note("the HTTP engine complains", line);
  };
  options.log_thrown = [&troubles](std::string_view line) {
    troubles.note("a request cannot be answered", line);
  };
  return http::Server::start(options, std::move(handler));
}

}  // namespace

int run(const config::Config& given, const BuildInfo& build, const ReadAgain& read_again,
        const std::string& recording) {
  keep_memory_small();
  const sigset_t awaited = block_signals();
  const SystemClock clock;
  Log log = Log::to_stderr(level_of(given.log.level), format_of(given.log.format), clock);
  TroubleLog troubles(log);
  Deadline end;  // outlives all that it is to see ended
  config::Config config = given;
  config.reserve = make_room(given.reserve, log);

  const bool is_replay = !recording.empty();
  auto source = is_replay ? open_replay(recording, clock) : open_source(config, clock);
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
  // With all rights, and while there are descriptors and room on the disk.
  auto incident_file = open_incident_file(config, log);
  const auto missing_rights_lines =
      is_replay ? std::vector<std::string>() : tell_missing_rights(config, *source, log);
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
  HistoryBook history(config.sampling.history_window, config.limits.max_pools, clock);
  exposition::Registry registry;
  exposition::SelfMetrics self;
  self.set_build(build.version, build.revision, build.compiler);
  self.set_source(source->name, source->reason);
  IncidentBook incidents(incident_options(config), std::move(incident_file), self, log, clock);
  self.config_read(true, clock.wall());
  registry.publish_self(self.render());

  DescriptorReserve reserve(
      config.reserve.connections,
      {.files_over = files_over_limit(config.paths.procfs),
       .left = [&self](std::size_t left) { self.set_reserve("connections", left); }});

  Notifier notifier(Notifier::from_environment(), clock);
  identity::Namer::Options naming = naming_of(config, kNamesPatience);
  naming.make_room = [&reserve] { return reserve.make_room(kFilesOfAName, kAnyNumber); };
  std::optional<identity::Namer> names;
  if (!is_replay) names.emplace(std::move(naming), clock);
  identity::Namer* const namer = names ? &*names : nullptr;
  Publisher publisher(
      notifier, namer, attribution::Attributor(limits_of(config), config.neighbours_above),
      pool_options_of(config), snapshots, history, incidents, registry, self, log, clock);
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
  Reloader reloader(given, read_again, apply,
                    {.notifier = notifier, .self = self, .log = log, .clock = clock});

  SiteHooks hooks{.trouble = [&watch] { return watch.look(); },
                  .stale_after = [&stale_age] { return stale_age.load(); },
                  .reload = nullptr};
  if (config.web.enable_lifecycle) hooks.reload = [&reloader] { return reloader.reload(); };
  const Site site({.version = build.version,
                   .source = source->name,
                   .source_reason = source->reason,
                   .restriction = source->restriction,
                   .telemetry_path = config.web.telemetry_path,
                   // A recording's processes are none of this host.
                   .procfs = is_replay ? std::string() : config.paths.procfs,
                   .missing_rights = missing_rights_lines},
                  snapshots, history, incidents, registry, clock, std::move(hooks));
  const Access access(config.web.config_file, [&troubles](const std::string& mistakes) {
    troubles.report("the web configuration is wrong, nobody gets in until it is right", mistakes);
  });
  const auto server = start_server(config, access.guard(site.handler()), reserve, troubles);
  if (!server) {
    log.error("cannot start", {{"reason", server.error().message()}});
    return kExitCannotStart;
  }

  sampler.start();
  for (std::size_t i = 0; i < config.web.listen_addresses.size(); ++i) {
    log.info("listening", {{"address", config.web.listen_addresses[i]},
                           {"port", std::to_string((*server)->ports()[i])},
                           {"path", config.web.telemetry_path}});
  }

  const int received = wait_for_end(
      awaited, [&reloader] { reloader.ask(); },
      [&] { troubles.report("the sampler hangs, the last snapshot stays", watch.look()); });
  const auto limited = end.begin(kLongestEnd, [&log] {
    log.error("something hangs and is not waited for: the process ends as it is",
              {{"waited", fmt::format("{} s", kLongestEnd.count() / 1000)}});
    std::_Exit(kExitForced);
  });
  log.info("stopping", {{"signal", ::strsignal(received)}});
  if (!limited) log.warn("the end has no limit", {{"reason", limited.error().message()}});
  if (const auto told = notifier.stopping(); !told) {
    log.warn("the service manager is not told", {{"reason", told.error().message()}});
  }
  access.close();
  sampler.stop();
  return kExitOk;
}

}  // namespace kcommons::daemon
