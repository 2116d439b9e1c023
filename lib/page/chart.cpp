#include "page/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "page/html.hpp"

namespace kcommons::page {

namespace {

using attribution::UsePoint;
using Points = std::vector<UsePoint>;
using Seconds = std::chrono::duration<double>;

// In tenths of a pixel, so that coordinates are whole numbers and short: there are hundreds of
// lines on a page.
struct Box {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
};

constexpr Box kSpark{.left = 10, .top = 20, .width = 940, .height = 160};
constexpr Box kChart{.left = 20, .top = 160, .width = 5560, .height = 960};

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

struct Place {
  int x = 0;
  int y = 0;
};

int y_of(std::uint64_t used, const Span& span, const Box& box) {
  const double part =
      span.most > 0 ? static_cast<double>(used) / static_cast<double>(span.most) : 0;
  return box.top + static_cast<int>(std::lround((1 - std::min(part, 1.0)) * box.height));
}

Place place_of(const UsePoint& point, const Span& span, const Box& box) {
  const Seconds whole = span.until - span.from;
  const Seconds passed = point.at - span.from;
  const double part = whole.count() > 0 ? std::clamp(passed / whole, 0.0, 1.0) : 0;
  return {.x = box.left + static_cast<int>(std::lround(part * box.width)),
          .y = y_of(point.used, span, box)};
}

// One for each stretch without a gap.
std::vector<std::vector<Place>> stretches_of(const Points& points, const Span& span,
                                             const Box& box) {
  const Seconds longest = longest_step(points);
  std::vector<std::vector<Place>> stretches;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i == 0 || points[i].at - points[i - 1].at > longest) stretches.emplace_back();
    stretches.back().push_back(place_of(points[i], span, box));
  }
  return stretches;
}

// From where the pen is, to each in turn.
void add_steps(std::string& path, const std::vector<Place>& places) {
  path += 'l';
  for (std::size_t i = 1; i < places.size(); ++i) {
    const int down = places[i].y - places[i - 1].y;
    add(path, "{}{}{}{}", i == 1 ? "" : " ", places[i].x - places[i - 1].x, down < 0 ? "" : " ",
        down);
  }
}

std::string line_of(const std::vector<std::vector<Place>>& stretches) {
  std::string path;
  for (const auto& places : stretches) {
    add(path, "M{} {}", places.front().x, places.front().y);
    if (places.size() > 1) add_steps(path, places);
  }
  return path;
}

// The same down to the lower edge, to be filled.
std::string area_of(const std::vector<std::vector<Place>>& stretches, const Box& box) {
  const int bottom = box.top + box.height;
  std::string path;
  for (const auto& places : stretches) {
    if (places.size() < 2) continue;
    add(path, "M{} {}V{}", places.front().x, bottom, places.front().y);
    add_steps(path, places);
    add(path, "V{}Z", bottom);
  }
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
      "<svg class=\"spark\" viewBox=\"0 0 960 200\" role=\"img\" aria-label=\"{}\">"
      "<path class=\"line\" d=\"{}\"/></svg>",
      words_of(points, label), line_of(stretches_of(points, span, kSpark)));
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
  const auto stretches = stretches_of(points, *span, kChart);
  std::string out;
  add(out,
      "<svg class=\"chart\" viewBox=\"0 0 5600 1320\" role=\"img\" aria-label=\"{}\">"
      "<path class=\"axis\" d=\"M20 1125H5580\"/><path class=\"area\" d=\"{}\"/>"
      "<path class=\"line\" d=\"{}\"/>",
      words_of(points, label), area_of(stretches, kChart), line_of(stretches));
  if (limited) {
    const int y = y_of(*limit, *span, kChart);
    add(out,
        "<path class=\"limit\" d=\"M20 {0}H5580\"/>"
        "<text x=\"20\" y=\"{1}\">limit {2}</text>",
        y, y - 50, number(*limit));
  } else {
    add(out, R"(<text x="20" y="110">at most {}</text>)", number(peak));
  }
  add(out,
      "<text x=\"20\" y=\"1270\">{} UTC</text>"
      "<text class=\"end\" x=\"5580\" y=\"1270\">{} UTC</text></svg>",
      clock_text(span->from), clock_text(span->until));
  return out;
}

}  // namespace kcommons::page
