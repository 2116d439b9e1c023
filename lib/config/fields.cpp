#include "config/fields.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
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
constexpr WholeRange kReserve{0, 100'000};
constexpr WholeRange kMaxRequests{1, 1'000};
constexpr RatioRange kRatio{0, 1};
constexpr RatioRange kMark{0.01, 1};
constexpr DurationRange kClearAfter{0s, 1h};
constexpr WholeRange kHolders{1, 100};
constexpr WholeRange kIncidents{16, 1024};

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

constexpr Choice<bool, 2> kYesOrNo{{{{"true", true}, {"false", false}}}};

Result<void> set_source(Config& config, string_view value) {
  return take(value, kSource, config.source);
}

Result<void> set_neighbours_above(Config& config, string_view value) {
  return take(value, kRatio, config.neighbours_above);
}

Result<void> check_listen_address(string_view word, const std::vector<std::string>& before) {
  const auto address = parse_listen_address(word);
  if (!address) return fail(address.error());
  const bool is_new = std::ranges::none_of(before, [&](const std::string& other) {
    const auto earlier = parse_listen_address(other);
    return earlier && are_same(*earlier, *address);
  });
  if (is_new) return {};
  return fail(unexpected(quoted(word) + " given twice", "each address once"));
}

Result<void> set_listen_addresses(Config& config, string_view value) {
  std::vector<std::string> addresses;
  for (const string_view word : text::split(value, ',')) {
    if (auto good = check_listen_address(word, addresses); !good) return good;
    addresses.emplace_back(word);
  }
  config.web.listen_addresses = std::move(addresses);
  return {};
}

template <auto member>
bool same_at_top(const Config& one, const Config& other) {
  return one.*member == other.*member;
}

template <auto section, auto member>
bool same(const Config& one, const Config& other) {
  return (one.*section).*member == (other.*section).*member;
}

// A row whose text is checked against `allowed`, a range or a choice, and stored in
// config.*section.*member.
template <const auto& allowed, auto section, auto member>
constexpr Field checked(string_view key, Field::Form form) {
  return {key, form,
          [](Config& config, string_view value) {
            return take(value, allowed, (config.*section).*member);
          },
          [] { return describe(allowed); }, same<section, member>};
}

template <auto member>
constexpr Field file_path(string_view key) {
  return {
      key, Field::Form::kText,
      [](Config& config, string_view value) { return take_file_path(value, config.paths.*member); },
      describe_file_path, same<&Config::paths, member>};
}

constexpr auto kNumber = Field::Form::kNumber;
constexpr auto kText = Field::Form::kText;

constexpr std::array kFields{
    Field{"source", kText, set_source, [] { return describe(kSource); },
          same_at_top<&Config::source>},
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
    checked<kReserve, &Config::reserve, &Config::Reserve::walks>("reserve.walks", kNumber),
    checked<kReserve, &Config::reserve, &Config::Reserve::connections>("reserve.connections",
                                                                       kNumber),
    Field{"neighbours_above", kNumber, set_neighbours_above, [] { return describe(kRatio); },
          same_at_top<&Config::neighbours_above>},
    file_path<&Config::Paths::procfs>("paths.procfs"),
    file_path<&Config::Paths::sysfs>("paths.sysfs"),
    file_path<&Config::Paths::rootfs>("paths.rootfs"),
    checked<kMark, &Config::incidents, &Config::Incidents::threshold>("incidents.threshold",
                                                                      kNumber),
    checked<kMark, &Config::incidents, &Config::Incidents::clear>("incidents.clear", kNumber),
    checked<kClearAfter, &Config::incidents, &Config::Incidents::clear_after>(
        "incidents.clear_after", kText),
    checked<kHolders, &Config::incidents, &Config::Incidents::holders>("incidents.holders",
                                                                       kNumber),
    checked<kIncidents, &Config::incidents, &Config::Incidents::keep>("incidents.keep", kNumber),
    Field{"incidents.file", kText,
          [](Config& config, string_view value) {
            return take_optional_file_path(value, config.incidents.file);
          },
          describe_file_path, same<&Config::incidents, &Config::Incidents::file>},
    Field{"web.listen_address", kText, set_listen_addresses, describe_listen_address,
          same<&Config::web, &Config::Web::listen_addresses>},
    Field{"web.telemetry_path", kText,
          [](Config& config, string_view value) {
            return take_url_path(value, config.web.telemetry_path);
          },
          describe_url_path, same<&Config::web, &Config::Web::telemetry_path>},
    checked<kMaxRequests, &Config::web, &Config::Web::max_requests>("web.max_requests", kNumber),
    Field{"web.config_file", kText,
          [](Config& config, string_view value) {
            return take_optional_file_path(value, config.web.config_file);
          },
          describe_file_path, same<&Config::web, &Config::Web::config_file>},
    checked<kYesOrNo, &Config::web, &Config::Web::enable_lifecycle>("web.enable_lifecycle",
                                                                    kNumber),
    checked<kLevel, &Config::log, &Config::Log::level>("log.level", kText),
    checked<kFormat, &Config::log, &Config::Log::format>("log.format", kText),
};

Result<void> check_folder(string_view word, const std::vector<std::string>& /*before*/) {
  std::string path;
  return take_file_path(word, path);
}

template <auto member>
constexpr ListField folders(string_view key) {
  return {key,
          [](Config& config) -> std::vector<std::string>& { return config.identity.roots.*member; },
          check_folder, describe_file_path};
}

std::string describe_name_sources() {
  return fmt::format("one of {}", fmt::join(kNameSources, ", "));
}

Result<void> check_name_source(string_view word, const std::vector<std::string>& before) {
  if (std::ranges::find(kNameSources, word) == kNameSources.end()) {
    return fail(unexpected(quoted(word), describe_name_sources()));
  }
  if (std::ranges::find(before, word) != before.end()) {
    return fail(unexpected(quoted(word) + " given twice", "each source once"));
  }
  return {};
}

std::string describe_labels() {
  return "a label of containers such as com.example.team";
}

Result<void> check_label(string_view word, const std::vector<std::string>& before) {
  constexpr std::size_t kLongest = 200;
  if (word.size() > kLongest) return fail(unexpected(quoted(word), "at most 200 bytes"));
  const std::string name = text::label_name(word);
  for (const std::string& other : before) {
    if (text::label_name(other) != name) continue;
    return fail(
        unexpected(fmt::format("{} and {} both become label_{}", quoted(other), quoted(word), name),
                   "labels that stay distinct"));
  }
  return {};
}

using Roots = Config::Identity::Roots;
constexpr std::array kListFields{
    folders<&Roots::docker>("identity.roots.docker"),
    folders<&Roots::containerd>("identity.roots.containerd"),
    folders<&Roots::runc>("identity.roots.runc"),
    folders<&Roots::crun>("identity.roots.crun"),
    folders<&Roots::cri_o>("identity.roots.cri_o"),
    folders<&Roots::podman>("identity.roots.podman"),
    folders<&Roots::machines>("identity.roots.machines"),
    folders<&Roots::kubelet_logs>("identity.roots.kubelet_logs"),
    ListField{"identity.off",
              [](Config& config) -> std::vector<std::string>& { return config.identity.off; },
              check_name_source, describe_name_sources},
    ListField{"identity.labels",
              [](Config& config) -> std::vector<std::string>& { return config.identity.labels; },
              check_label, describe_labels},
    ListField{
        "web.listen_address",
        [](Config& config) -> std::vector<std::string>& { return config.web.listen_addresses; },
        check_listen_address, describe_listen_address, 1},
};

}  // namespace

std::span<const Field> fields() {
  return kFields;
}

std::span<const ListField> list_fields() {
  return kListFields;
}

const Field* find_field(string_view key) {
  const auto* row = std::ranges::find(kFields, key, &Field::key);
  return row == kFields.end() ? nullptr : row;
}

const ListField* find_list_field(string_view key) {
  const auto* row = std::ranges::find(kListFields, key, &ListField::key);
  return row == kListFields.end() ? nullptr : row;
}

}  // namespace kcommons::config
