#include "page/chart.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "sample.hpp"

using namespace kcommons;
using namespace kcommons::page::test;
using attribution::UsePoint;
using Catch::Contains;

TEST_CASE("a chart needs two points", "[page]") {
  CHECK_FALSE(page::span_of({}));
  CHECK_FALSE(page::span_of({{.at = {}, .used = 1}}));
  CHECK(page::chart_html({{.at = {}, .used = 1}}, 10, "x").empty());
}

TEST_CASE("a chart says in words what it draws", "[page]") {
  const std::string html = page::chart_html(hour_of(1200, 5967), 1000000, "used lately");
  CHECK_THAT(html, Contains("role=\"img\" aria-label=\"used lately: 1,200 at 13:02 UTC, 5,967 at "
                            "14:02 UTC, at most 5,967\""));
  CHECK_THAT(html, Contains("at most 5,967</text>") && !Contains("limit"));
}

TEST_CASE("the limit is drawn where the use comes near it", "[page]") {
  CHECK_THAT(page::chart_html(hour_of(10, 70), 100, "x"), Contains("limit 100</text>"));
  CHECK_THAT(page::chart_html(hour_of(10, 20), 100, "x"), !Contains("limit"));
  CHECK_THAT(page::chart_html(hour_of(10, 20), std::nullopt, "x"), !Contains("limit"));
  // What is over its limit is drawn above it, within the picture.
  CHECK_THAT(page::chart_html(hour_of(10, 200), 100, "x"), !Contains(" -"));
}

TEST_CASE("a line runs from edge to edge and breaks where nothing was read", "[page]") {
  auto points = hour_of(100, 100);
  const auto span = page::span_of(points);
  REQUIRE(span);
  const std::string whole = page::spark_html(points, *span, "x");
  CHECK_THAT(whole, Contains("d=\"M10 20l16 0 15 0"));
  CHECK(occurrences(whole, "M") == 1);
  points.erase(points.begin() + 20, points.begin() + 30);
  CHECK(occurrences(page::spark_html(points, *span, "x"), "M") == 2);
}

TEST_CASE("zero is drawn at the lower edge and never divides", "[page]") {
  const auto points = hour_of(0, 0);
  const std::string html = page::spark_html(points, *page::span_of(points), "x");
  CHECK_THAT(html, Contains("M10 180l") && !Contains("nan") && !Contains("inf"));
  const UsePoint once{.at = points[0].at, .used = 3};
  const std::string still = page::chart_html({once, once}, 3, "x");
  CHECK_THAT(still, !Contains("nan") && !Contains("inf"));
}
