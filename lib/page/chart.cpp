#include "page/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "page/html.hpp"

namespace kcommons::page {

namespace {

using attribution::UsePoint;
using Points = std::vector<UsePoint>;
using Seconds = std::chrono::duration<double>;

struct Box {
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;
};

constexpr Box kSpark{.left = 1, .top = 2, .width = 94, .height = 16};
constexpr Box kChart{.left = 2, .top = 16, .width = 556, .height = 96};

std::uint64_t peak_of(const Points& points) {
  return std::ranges::max_element(points, {}, &UsePoint::used)->used;
}

// Steps are as long as the shortest distance but the last, which ends now; anything longer than two
// of them is a gap.
Seconds longest_step(const Points& points) {
  constexpr double kSteps = 2.5;
  Seconds least = Seconds::max();
  for (std::size_t i = 1; i + 1 < points.size(); ++i) {
    least = std::min<Seconds>(least, points[i].at - points[i - 1].at);
  }
  return least == Seconds::max() ? least : least * kSteps;
}

double x_of(const UsePoint& point, const Span& span, const Box& box) {
  const Seconds whole = span.until - span.from;
  const Seconds passed = point.at - span.from;
  const double part = whole.count() > 0 ? passed / whole : 0;
  return box.left + std::clamp(part, 0.0, 1.0) * box.width;
}

double y_of(std::uint64_t used, const Span& span, const Box& box) {
  const double part =
      span.most > 0 ? static_cast<double>(used) / static_cast<double>(span.most) : 0;
  return box.top + (1 - std::min(part, 1.0)) * box.height;
}

// The path of what is drawn through, one piece for each stretch without a gap.
std::string line_of(const Points& points, const Span& span, const Box& box) {
  const Seconds longest = longest_step(points);
  std::string path;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool begins = i == 0 || points[i].at - points[i - 1].at > longest;
    add(path, "{}{:.1f} {:.1f}", begins ? 'M' : 'L', x_of(points[i], span, box),
        y_of(points[i].used, span, box));
  }
  return path;
}

// The same down to the lower edge, to be filled.
std::string area_of(const Points& points, const Span& span, const Box& box) {
  const Seconds longest = longest_step(points);
  const double bottom = box.top + box.height;
  std::string path;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool begins = i == 0 || points[i].at - points[i - 1].at > longest;
    const double x = x_of(points[i], span, box);
    if (begins && i > 0) add(path, "L{:.1f} {:.1f}Z", x_of(points[i - 1], span, box), bottom);
    if (begins) add(path, "M{:.1f} {:.1f}", x, bottom);
    add(path, "L{:.1f} {:.1f}", x, y_of(points[i].used, span, box));
  }
  add(path, "L{:.1f} {:.1f}Z", x_of(points.back(), span, box), bottom);
  return path;
}

std::string words_of(const Points& points, std::string_view label) {
  return fmt::format("{}: {} at {} UTC, {} at {} UTC, at most {}", label,
                     number(points.front().used), clock_text(points.front().at),
                     number(points.back().used), clock_text(points.back().at),
                     number(peak_of(points)));
}

// The limit belongs into the picture where the use is at least a third of it; below, it would make
// all else flat.
bool shows_limit(std::uint64_t peak, const std::optional<std::uint64_t>& limit) {
  return limit && *limit > 0 && peak >= *limit / 3;
}

}  // namespace

std::optional<Span> span_of(const Points& points) {
  if (points.size() < 2) return std::nullopt;
  return Span{.from = points.front().at, .until = points.back().at, .most = peak_of(points)};
}

std::string spark_html(const Points& points, const Span& span, std::string_view label) {
  if (points.size() < 2) return {};
  return fmt::format(
      "<svg class=\"spark\" viewBox=\"0 0 96 20\" role=\"img\" aria-label=\"{}\">"
      "<path class=\"line\" d=\"{}\"/></svg>",
      words_of(points, label), line_of(points, span, kSpark));
}

std::string chart_html(const Points& points, std::optional<std::uint64_t> limit,
                       std::string_view label) {
  auto span = span_of(points);
  if (!span) return {};
  const std::uint64_t peak = span->most;
  const bool limited = shows_limit(peak, limit);
  // Room above what is highest, so that it does not lie on the frame.
  const std::uint64_t highest = limited ? std::max(peak, *limit) : peak;
  span->most = highest + highest / 10 + 1;
  std::string out;
  add(out,
      "<svg class=\"chart\" viewBox=\"0 0 560 132\" role=\"img\" aria-label=\"{}\">"
      "<path class=\"axis\" d=\"M2 112.5H558\"/><path class=\"area\" d=\"{}\"/>"
      "<path class=\"line\" d=\"{}\"/>",
      words_of(points, label), area_of(points, *span, kChart), line_of(points, *span, kChart));
  if (limited) {
    const double y = y_of(*limit, *span, kChart);
    add(out,
        "<path class=\"limit\" d=\"M2 {0:.1f}H558\"/>"
        "<text x=\"2\" y=\"{1:.1f}\">limit {2}</text>",
        y, y - 5, number(*limit));
  } else {
    add(out, "<text x=\"2\" y=\"11\">at most {}</text>", number(peak));
  }
  add(out,
      "<text x=\"2\" y=\"127\">{} UTC</text>"
      "<text class=\"end\" x=\"558\" y=\"127\">{} UTC</text></svg>",
      clock_text(span->from), clock_text(span->until));
  return out;
}

}  // namespace kcommons::page
