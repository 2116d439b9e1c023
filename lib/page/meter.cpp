#include "page/meter.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "page/html.hpp"
#include "report/pool_rows.hpp"

namespace kcommons::page {

namespace {

constexpr double kWarm = 0.7;
constexpr double kHigh = 0.9;

}  // namespace

std::string_view state_class(const std::optional<double>& ratio) {
  if (!ratio) return "none";
  if (*ratio >= kHigh) return "full";
  return *ratio >= kWarm ? "warm" : "calm";
}

std::string_view state_words(const std::optional<double>& ratio,
                             const std::optional<catalogue::Limit>& limit) {
  if (!ratio) return limit && !limit->value ? "no limit" : "not known";
  if (*ratio >= 1) return "full";
  if (*ratio >= kHigh) return "nearly full";
  return *ratio >= kWarm ? "filling up" : "has room";
}

std::string meter_html(const std::optional<double>& ratio, std::string_view label) {
  if (!ratio) return {};
  // A style attribute would set the width, and the policy of the page forbids them: an attribute
  // of SVG does it. What is used at all shows.
  constexpr double kLeast = 0.6;
  const double percent = std::min(*ratio, 1.0) * 100;
  const double width = percent > 0 ? std::max(percent, kLeast) : 0;
  return fmt::format(
      "<svg class=\"meter\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" role=\"meter\" "
      "aria-label=\"{}\" aria-valuemin=\"0\" aria-valuemax=\"100\" aria-valuenow=\"{:.1f}\" "
      "aria-valuetext=\"{}, {}\"><rect class=\"bar\" width=\"{:.1f}\" height=\"1\"/></svg>",
      label, percent, report::percent_text(ratio), state_words(ratio, std::nullopt), width);
}

}  // namespace kcommons::page
