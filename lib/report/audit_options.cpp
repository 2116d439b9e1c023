#include "report/audit_options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string>

#include "base/text.hpp"

namespace kcommons::report {

namespace {

constexpr double kMost = 10'000;  // percent

auto refuse(std::string_view name, std::string_view text, std::string_view expected) {
  constexpr std::size_t kShown = 80;
  return fail(Error::other(fmt::format("{}: \"{}\", expected {}", name,
                                       text::printable(text.substr(0, kShown)), expected)));
}

Result<double> parse_percent(std::string_view name, std::string_view text) {
  double percent = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] =
      std::from_chars(text.data(), end, percent, std::chars_format::fixed);
  const bool is_number = !text.empty() && error == std::errc{} && stopped == end;
  if (!is_number || !(percent >= 0 && percent <= kMost)) {
    return refuse(name, text, fmt::format("a number of percent from 0 to {}", kMost));
  }
  return percent;
}

}  // namespace

Result<AuditOptions> parse_audit_options(std::string_view warn, std::string_view crit) {
  constexpr double kPercent = 100;
  const auto warning = parse_percent("warn", warn);
  if (!warning) return fail(warning.error());
  const auto critical = parse_percent("crit", crit);
  if (!critical) return fail(critical.error());
  if (*warning > *critical) {
    return refuse("warn", warn, fmt::format("no more than crit, which is {}", crit));
  }
  return AuditOptions{.warning = *warning / kPercent, .critical = *critical / kPercent};
}

}  // namespace kcommons::report
