// The last hour as lines of SVG, each with what it says in words for those who do not see it. Pure,
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attribution/use_history.hpp"
#include "base/clock.hpp"

namespace kcommons::page {

// What a chart spans. Lines that share one can be compared.
struct Span {
  WallTime from;
  WallTime until;
  std::uint64_t most = 0;  // the value at the upper edge
};

// Nothing where there are not two points to draw a line between.
std::optional<Span> span_of(const std::vector<attribution::UsePoint>& points);

// A line of a word's size, without axes. Empty where there is nothing to draw.
std::string spark_html(const std::vector<attribution::UsePoint>& points, const Span& span,
                       std::string_view label);

// With axes, and the limit where the use comes near it.
std::string chart_html(const std::vector<attribution::UsePoint>& points,
                       std::optional<std::uint64_t> limit, std::string_view label);

}  // namespace kcommons::page
