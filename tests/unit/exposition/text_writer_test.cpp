#include "exposition/text_writer.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "exposition/sample_sink.hpp"
#include "exposition_checker.hpp"

using namespace kcommons::exposition;
using kcommons::testing::check_exposition;
using kcommons::testing::ExposedSample;
using kcommons::testing::parse_exposition;
using namespace std::string_literals;

namespace {

constexpr std::array<std::string_view, 1> kOneName{"name"};

std::string number_text(double value) {
  std::string out;
  append_number(out, value);
  return out;
}

std::string label_text(std::string_view value) {
  std::string out;
  const std::array<std::string_view, 1> values{value};
  append_label_text(out, kOneName, values);
  return out;
}

std::string written(SampleSink& sink) {
  std::string out;
  TextWriter writer(out);
  writer.family("f", MetricType::kGauge, "F.");
  sink.write_to(writer);
  return out;
}

}  // namespace

TEST_CASE("whole numbers below 2 to the 53rd are written in digits", "[exposition]") {
  CHECK(number_text(0) == "0");
  CHECK(number_text(-0.0) == "0");
  CHECK(number_text(-5) == "-5");
  CHECK(number_text(1e6) == "1000000");
  CHECK(number_text(1e15) == "1000000000000000");
  CHECK(number_text(9007199254740991.0) == "9007199254740991");
  CHECK(number_text(-9007199254740991.0) == "-9007199254740991");
}

TEST_CASE("other numbers read back as the same double", "[exposition]") {
  const double value =
      GENERATE(0.1, 1.0 / 3, 1732500000.123, 9007199254740992.0, 9223372036854775807.0,
               18446744073709551615.0, 5e-324, std::numeric_limits<double>::max(), -2.5e-7);
  CAPTURE(value);
  CHECK(std::strtod(number_text(value).c_str(), nullptr) == value);
}

TEST_CASE("numbers that are none are spelled as Prometheus spells them", "[exposition]") {
  CHECK(number_text(std::numeric_limits<double>::infinity()) == "+Inf");
  CHECK(number_text(-std::numeric_limits<double>::infinity()) == "-Inf");
  CHECK(number_text(std::nan("")) == "NaN");
  CHECK(number_text(-std::nan("")) == "NaN");
}

TEST_CASE("label values are escaped", "[exposition]") {
  CHECK(label_text("") == R"({name=""})");
  CHECK(label_text("a\\b\"c\nd") == R"({name="a\\b\"c\nd"})");
  CHECK(label_text("\\n") == R"({name="\\n"})");
  CHECK(label_text("<b>'x'</b>\r\t") == "{name=\"<b>'x'</b>\r\t\"}");
}

TEST_CASE("bytes that a scrape would fail on are replaced in label values", "[exposition]") {
  CHECK(label_text("a\xff") == "{name=\"a\xEF\xBF\xBD\"}");
  CHECK(label_text("a\0b"s) ==
        "{name=\"a\xEF\xBF\xBD"
        "b\"}");
}

TEST_CASE("label values are cut at 256 bytes between characters", "[exposition]") {
  const auto value_of = [](const std::string& value) {
    return parse_exposition("# HELP f F.\n# TYPE f gauge\nf" + label_text(value) + " 1\n")
        .samples.at(0)
        .label("name");
  };
  const std::string full(256, 'x');
  CHECK(value_of(full) == full);
  CHECK(value_of(full + "y") == full);
  CHECK(value_of(std::string(5000, 'x')) == full);
  const std::string almost(254, 'x');
  CHECK(value_of(almost + "\xE2\x9C\x93") == almost);           // 257 bytes
  CHECK(value_of(almost + "\xC3\xBC") == almost + "\xC3\xBC");  // 256 bytes
  CHECK(value_of("\xF0\x9F\x90\x8B" + full) == "\xF0\x9F\x90\x8B" + std::string(252, 'x'));
  const std::string nearly(253, 'x');
  CHECK(value_of(nearly + "\xF0\x9F\x90\x8B") == nearly);  // 257 bytes, cut after its third
  // Escapes are not part of the value: all 256 quotes stay.
  CHECK(value_of(std::string(300, '"')) == std::string(256, '"'));
  // What becomes longer when it is made valid is cut by its new length.
  CHECK(value_of(std::string(300, '\xff')).size() == 255);
  CHECK(value_of(std::string(300, '\0')).size() == 255);
}

TEST_CASE("help is escaped and keeps its quotes", "[exposition]") {
  std::string out;
  TextWriter writer(out);
  writer.family("f_total", MetricType::kCounter, "A \"b\" \\ c\nd \xff.");
  writer.sample({}, {}, 1);
  CHECK(out ==
        "# HELP f_total A \"b\" \\\\ c\\nd \xEF\xBF\xBD.\n# TYPE f_total counter\nf_total 1\n");
  CHECK(check_exposition(out).empty());
}

TEST_CASE("a family without samples leaves nothing", "[exposition]") {
  std::string out;
  TextWriter writer(out);
  writer.family("f", MetricType::kGauge, "F.");
  writer.family("g", MetricType::kGauge, "G.");
  writer.sample({}, {}, 2);
  writer.sample({}, {}, 3);
  writer.family("h", MetricType::kGauge, "H.");
  CHECK(out == "# HELP g G.\n# TYPE g gauge\ng 2\ng 3\n");
}

TEST_CASE("samples with the same labels are summed or the largest is kept", "[exposition]") {
  for (const Merge merge : {Merge::kSum, Merge::kLargest}) {
    SampleSink sink(kOneName, merge);
    sink.add({"b"}, 4);
    sink.add({"\xff"}, 1);
    sink.add({"a"}, 3);
    sink.add({"\xfe"}, 2);
    const std::string merged = merge == Merge::kSum ? "3" : "2";
    CHECK(
        written(sink) ==
        "# HELP f F.\n# TYPE f gauge\nf{name=\"a\"} 3\nf{name=\"b\"} 4\nf{name=\"\xEF\xBF\xBD\"} " +
            merged + "\n");
  }
}

TEST_CASE("sums do not depend on the order of arrival", "[exposition]") {
  const std::vector<double> values = {1e16, 1, -1e16, 0.1, 1e300, std::nan(""), 3};
  SampleSink forward(kOneName, Merge::kSum);
  SampleSink backward(kOneName, Merge::kSum);
  for (std::size_t i = 0; i < values.size(); ++i) {
    // Two groups, so that the one with NaN does not hide the other.
    const auto add = [&](SampleSink& sink, double value) {
      sink.add({std::isnan(value) ? "nan" : "finite"}, value);
    };
    add(forward, values[i]);
    add(backward, values[values.size() - 1 - i]);
  }
  CHECK(written(forward) == written(backward));
}

TEST_CASE("a sink is empty after it is written", "[exposition]") {
  SampleSink sink(kOneName, Merge::kSum);
  sink.add({"a"}, 1);
  CHECK_FALSE(written(sink).empty());
  CHECK(written(sink).empty());
}

TEST_CASE("plain input reads as what the serializer of prometheus-cpp writes", "[exposition]") {
  const std::vector<std::pair<std::string, double>> samples = {
      {"web", 3}, {"a b\"c\\d\ne", 0.125}, {"grün", 1e17}, {"", 1234567}};
  prometheus::MetricFamily family;
  family.name = "f";
  family.help = "Plain help.";
  family.type = prometheus::MetricType::Gauge;
  SampleSink sink(kOneName, Merge::kSum);
  for (const auto& [name, value] : samples) {
    prometheus::ClientMetric metric;
    metric.label = {{"name", name}};
    metric.gauge.value = value;
    family.metric.push_back(metric);
    sink.add({name}, value);
  }
  std::ostringstream theirs;
  prometheus::TextSerializer().Serialize(theirs, {family});

  const auto sorted = [](std::vector<ExposedSample> all) {
    std::vector<std::tuple<std::string, std::string, double>> plain;
    for (const ExposedSample& sample : all) {
      plain.emplace_back(sample.name, sample.label("name"), sample.value);
    }
    std::sort(plain.begin(), plain.end());
    return plain;
  };
  const auto expected = parse_exposition(theirs.str());
  CHECK(theirs.str().starts_with("# HELP f Plain help.\n# TYPE f gauge\n"));
  const auto actual = parse_exposition(written(sink));
  CHECK(expected.violations.empty());
  CHECK(sorted(actual.samples) == sorted(expected.samples));
  CHECK(actual.samples.size() == samples.size());
}
