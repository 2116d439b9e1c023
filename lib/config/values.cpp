#include "config/values.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "base/text.hpp"

namespace kcommons::config {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kShownBytes = 80;
constexpr std::size_t kMaxPathBytes = 4095;  // PATH_MAX of limits.h counts the final NUL
constexpr std::size_t kMaxUrlPathBytes = 200;

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
// From large to small, so that a duration is shown in its largest unit.
constexpr std::array<Unit, 4> kUnits{{{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

std::string show(milliseconds duration) {
  const auto unit = std::ranges::find_if(
      kUnits, [&](const Unit& u) { return duration.count() % u.milliseconds == 0; });
  return fmt::format("{}{}", duration.count() / unit->milliseconds, unit->name);
}

// A leading zero is refused: YAML 1.1 reads 010 as eight, people as ten.
std::optional<std::uint64_t> parse_whole(std::string_view digits) {
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  return text::parse_number<std::uint64_t>(digits);
}

std::optional<milliseconds> parse_duration(std::string_view value) {
  const std::size_t digits = std::min(value.find_first_not_of("0123456789"), value.size());
  const auto count = parse_whole(value.substr(0, digits));
  const auto unit = std::ranges::find(kUnits, value.substr(digits), &Unit::name);
  if (!count || unit == kUnits.end()) return std::nullopt;
  const auto factor = static_cast<std::uint64_t>(unit->milliseconds);
  constexpr std::uint64_t kLongest = std::numeric_limits<std::int64_t>::max();
  // Longer than 292 million years is out of every range, whatever it is exactly.
  if (*count > kLongest / factor) return milliseconds::max();
  return milliseconds(static_cast<std::int64_t>(*count * factor));
}

bool is_url_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~/").find(c) != std::string_view::npos;
}

// civetweb takes "." and ".." and doubled slashes out of a request's path, so a path with one in
// it would never be asked for.
bool survives_normalising(std::string_view path) {
  std::string_view rest = path.substr(1);
  while (!rest.empty()) {
    const std::string_view segment = text::take_until(rest, '/');
    if (segment.empty() || segment == "." || segment == "..") return false;
  }
  return true;
}

template <typename T>
Error out_of_range(std::string_view value, const Range<T>& range) {
  return unexpected(quoted(value) + " is out of range", describe(range));
}

}  // namespace

std::string quoted(std::string_view value) {
  const std::string shown = text::printable(value.substr(0, kShownBytes));
  return fmt::format("\"{}{}\"", shown, value.size() > kShownBytes ? "…" : "");
}

Error unexpected(std::string_view what, std::string_view expected) {
  return Error::other(fmt::format("{}, expected {}", what, expected));
}

std::string describe(const DurationRange& range) {
  return fmt::format("a duration from {} to {} (such as 500ms, 10s, 2m or 1h)", show(range.low),
                     show(range.high));
}

std::string describe(const WholeRange& range) {
  return fmt::format("a whole number from {} to {}", range.low, range.high);
}

std::string describe(const RatioRange& range) {
  return fmt::format("a number from {} to {}", range.low, range.high);
}

Result<void> take(std::string_view value, const DurationRange& range, milliseconds& out) {
  const auto duration = parse_duration(value);
  if (!duration) {
    const bool bare = parse_whole(value).has_value();
    return fail(
        unexpected(quoted(value) + (bare ? " has no unit" : " is no duration"), describe(range)));
  }
  if (*duration < range.low || *duration > range.high) return fail(out_of_range(value, range));
  out = *duration;
  return {};
}

Result<void> take(std::string_view value, const WholeRange& range, std::uint64_t& out) {
  const auto number = parse_whole(value);
  if (!number) return fail(unexpected(quoted(value), describe(range)));
  if (*number < range.low || *number > range.high) return fail(out_of_range(value, range));
  out = *number;
  return {};
}

Result<void> take(std::string_view value, const WholeRange& range, unsigned& out) {
  std::uint64_t number = 0;
  if (auto taken = take(value, range, number); !taken) return taken;
  out = static_cast<unsigned>(number);
  return {};
}

Result<void> take(std::string_view value, const RatioRange& range, double& out) {
  double number = 0;
  const char* end = value.data() + value.size();
  const auto [stopped, error] = std::from_chars(value.data(), end, number);
  if (value.empty() || error != std::errc{} || stopped != end || !std::isfinite(number)) {
    return fail(unexpected(quoted(value), describe(range)));
  }
  if (number < range.low || number > range.high) return fail(out_of_range(value, range));
  out = number;
  return {};
}

std::string describe_file_path() {
  return "an absolute path";
}

Result<void> take_file_path(std::string_view value, std::string& out) {
  if (value.empty() || value.front() != '/') {
    return fail(unexpected(quoted(value), describe_file_path()));
  }
  if (value.size() > kMaxPathBytes) {
    return fail(unexpected(fmt::format("a path of {} bytes", value.size()),
                           fmt::format("at most {}", kMaxPathBytes)));
  }
  // In double quotes YAML can write any character, and a NUL would cut the path short.
  if (text::printable(value) != value) {
    return fail(unexpected(quoted(value) + " holds a control character", describe_file_path()));
  }
  out = value;
  return {};
}

Result<void> take_optional_file_path(std::string_view value, std::string& out) {
  if (!value.empty()) return take_file_path(value, out);
  out.clear();
  return {};
}

std::string describe_listen_address() {
  return "host:port, or :port for every address, such as 127.0.0.1:10044";
}

std::string describe_url_path() {
  return "a path such as /metrics";
}

Result<void> take_url_path(std::string_view value, std::string& out) {
  std::string_view why;
  if (value.empty() || value.front() != '/') {
    why = " does not begin with a slash";
  } else if (value == "/") {
    why = " is the status page";
  } else if (value.starts_with("/-/")) {
    why = " is where health and reload are";
  } else if (value.starts_with("/api/")) {
    why = " is where the API is";
  } else if (value.size() > kMaxUrlPathBytes) {
    why = " is too long";
  } else if (!std::ranges::all_of(value, is_url_character)) {
    why = " holds a character other than letters, digits and - . _ ~ /";
  } else if (!survives_normalising(value)) {
    why = " holds an empty, . or .. segment";
  }
  if (!why.empty()) return fail(unexpected(quoted(value) + std::string(why), describe_url_path()));
  out = value;
  return {};
}

}  // namespace kcommons::config
