#include "report/growth_text.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace kcommons::report {

namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

std::string two_units(std::int64_t large, const char* unit, std::int64_t small,
                      const char* small_unit) {
  if (small == 0) return fmt::format("{} {}", large, unit);
  return fmt::format("{} {} {} {}", large, unit, small, small_unit);
}

// A window of an hour is covered but for the distance of two points.
std::string span_text(seconds span) {
  if (span >= 58min && span <= 62min) return "hour";
  return duration_text(span);
}

std::string number_text(double number) {
  return number < 10 ? fmt::format("{:.2g}", number) : fmt::format("{:.0f}", number);
}

std::string rate_text(double per_second) {
  constexpr double kMinute = 60;
  constexpr double kHour = 3600;
  if (per_second >= 1) return number_text(per_second) + " a second";
  if (per_second * kMinute >= 1) return number_text(per_second * kMinute) + " a minute";
  return number_text(per_second * kHour) + " an hour";
}

}  // namespace

std::string duration_text(seconds duration) {
  if (duration < 60s) return fmt::format("{} s", duration.count());
  constexpr std::int64_t kDay = 1440;
  const std::int64_t minutes = std::chrono::round<std::chrono::minutes>(duration).count();
  if (minutes < 60) return fmt::format("{} min", minutes);
  if (minutes < kDay) return two_units(minutes / 60, "h", minutes % 60, "min");
  const std::int64_t hours = std::chrono::round<std::chrono::hours>(duration).count();
  return two_units(hours / 24, "d", hours % 24, "h");
}

std::string full_in_text(seconds full_in, const attribution::Growth& growth) {
  return fmt::format("Full in about {} at the rate of the last {} ({})", duration_text(full_in),
                     span_text(growth.over), rate_text(growth.per_second));
}

}  // namespace kcommons::report
