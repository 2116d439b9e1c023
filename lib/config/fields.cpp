#include "config/fields.hpp"

#include <algorithm>
#include <array>

#include "config/listen_address.hpp"
#include "config/values.hpp"

namespace kcommons::config {

namespace {

using namespace std::chrono_literals;
using std::string_view;

constexpr DurationRange kPoolsInterval{100ms, 1min};
constexpr DurationRange kHoldingsInterval{1s, 1h};
constexpr DurationRange kMappingsInterval{1s, 24h};
constexpr DurationRange kPeakWindow{1s, 1h};
constexpr DurationRange kHistoryWindow{1min, 24h};
constexpr WholeRange kLargeInstance{0, 1'000'000'000};
constexpr DurationRange kLargeReadInterval{1s, 24h};
constexpr DurationRange kReadBudget{1ms, 1min};
constexpr WholeRange kSeries{1, 100'000};
constexpr WholeRange kMaxRequests{1, 1'000};
constexpr RatioRange kRatio{0, 1};

using Source = Config::Source;
constexpr Choice<Source, 3> kSource{
    {{{"auto", Source::kAuto}, {"bpf", Source::kBpf}, {"procfs", Source::kProcfs}}}};

using Level = Config::Log::Level;
constexpr Choice<Level, 4> kLevel{{{{"debug", Level::kDebug},
                                    {"info", Level::kInfo},
                                    {"warn", Level::kWarn},
                                    {"error", Level::kError}}}};

using Format = Config::Log::Format;
constexpr Choice<Format, 2> kFormat{{{{"logfmt", Format::kLogfmt}, {"json", Format::kJson}}}};

Result<void> set_source(Config& config, string_view value) {
  return take(value, kSource, config.source);
}

Result<void> set_neighbours_above(Config& config, string_view value) {
  return take(value, kRatio, config.neighbours_above);
}

Result<void> set_listen_address(Config& config, string_view value) {
  const auto address = parse_listen_address(value);
  if (!address) return fail(address.error());
  config.web.listen_address = value;
  return {};
}

// A row whose text is checked against `allowed`, a range or a choice, and stored in
// config.*section.*member.
template <const auto& allowed, auto section, auto member>
constexpr Field checked(string_view key, Field::Form form) {
  return {key, form,
          [](Config& config, string_view value) {
            return take(value, allowed, (config.*section).*member);
          },
          [] { return describe(allowed); }};
}

template <auto member>
constexpr Field file_path(string_view key) {
  return {
      key, Field::Form::kText,
      [](Config& config, string_view value) { return take_file_path(value, config.paths.*member); },
      describe_file_path};
}

constexpr auto kNumber = Field::Form::kNumber;
constexpr auto kText = Field::Form::kText;

constexpr std::array kFields{
    Field{"source", kText, set_source, [] { return describe(kSource); }},
    checked<kPoolsInterval, &Config::sampling, &Config::Sampling::pools_interval>(
        "sampling.pools_interval", kText),
    checked<kHoldingsInterval, &Config::sampling, &Config::Sampling::holdings_interval>(
        "sampling.holdings_interval", kText),
    checked<kMappingsInterval, &Config::sampling, &Config::Sampling::mappings_interval>(
        "sampling.mappings_interval", kText),
    checked<kPeakWindow, &Config::sampling, &Config::Sampling::peak_window>("sampling.peak_window",
                                                                            kText),
    checked<kHistoryWindow, &Config::sampling, &Config::Sampling::history_window>(
        "sampling.history_window", kText),
    checked<kLargeInstance, &Config::inotify, &Config::Inotify::large_instance>(
        "inotify.large_instance", kNumber),
    checked<kLargeReadInterval, &Config::inotify, &Config::Inotify::large_read_interval>(
        "inotify.large_read_interval", kText),
    checked<kReadBudget, &Config::inotify, &Config::Inotify::read_budget>("inotify.read_budget",
                                                                          kText),
    checked<kSeries, &Config::limits, &Config::Limits::max_containers>("limits.max_containers",
                                                                       kNumber),
    checked<kSeries, &Config::limits, &Config::Limits::max_units>("limits.max_units", kNumber),
    checked<kSeries, &Config::limits, &Config::Limits::max_pools>("limits.max_pools", kNumber),
    checked<kSeries, &Config::limits, &Config::Limits::max_users>("limits.max_users", kNumber),
    Field{"neighbours_above", kNumber, set_neighbours_above, [] { return describe(kRatio); }},
    file_path<&Config::Paths::procfs>("paths.procfs"),
    file_path<&Config::Paths::sysfs>("paths.sysfs"),
    file_path<&Config::Paths::rootfs>("paths.rootfs"),
    Field{"web.listen_address", kText, set_listen_address, describe_listen_address},
    Field{"web.telemetry_path", kText,
          [](Config& config, string_view value) {
            return take_url_path(value, config.web.telemetry_path);
          },
          describe_url_path},
    checked<kMaxRequests, &Config::web, &Config::Web::max_requests>("web.max_requests", kNumber),
    checked<kLevel, &Config::log, &Config::Log::level>("log.level", kText),
    checked<kFormat, &Config::log, &Config::Log::format>("log.format", kText),
};

}  // namespace

std::span<const Field> fields() {
  return kFields;
}

const Field* find_field(string_view key) {
  const auto* row = std::ranges::find(kFields, key, &Field::key);
  return row == kFields.end() ? nullptr : row;
}

}  // namespace kcommons::config
