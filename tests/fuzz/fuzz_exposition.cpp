// Label values of anybody's through the text writer, held to the strict checker; the same as
// OpenMetrics; and the checker itself on any text.
#include <algorithm>
#include <array>
#include <bit>
#include <set>
#include <string>
#include <vector>

#include "exposition/openmetrics.hpp"
#include "exposition/sample_sink.hpp"
#include "exposition/text_writer.hpp"
#include "exposition_checker.hpp"
#include "fuzz.hpp"

using namespace kcommons;
using namespace kcommons::exposition;
using namespace kcommons::fuzz;

namespace {

constexpr std::array<std::string_view, 2> kLabels{"container", "pod"};

double number(Input& input) {
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < 8; ++i) bits |= std::uint64_t{input.byte()} << 8U * i;
  return std::bit_cast<double>(bits);
}

// Samples as the input has them: eight bytes of a value, two labels that end with 0xFF.
std::string written(Input input, std::vector<std::string_view>& values) {
  std::string text;
  TextWriter writer(text);
  const std::string_view help = input.until('\xFF');
  SampleSink sink(kLabels, Merge::kLargest);
  while (!input.is_empty()) {
    const double value = number(input);
    const std::string_view container = input.until('\xFF');
    const std::string_view pod = input.until('\xFF');
    sink.add({container, pod}, value);
    values.emplace_back(container);
  }
  writer.family("kc_used", MetricType::kGauge, "Used.");
  sink.write_to(writer);
  writer.family("kc_seconds_total", MetricType::kCounter, "Time \"\\ \n of what.");
  if (!help.empty()) writer.sample(kLabels, std::array{help, help}, 1);
  return text;
}

std::string samples_of(std::string_view text) {
  std::string samples;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (!line.starts_with('#')) samples.append(line).append("\n");
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return samples;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  (void)testing::check_exposition(input.rest());

  std::vector<std::string_view> values;
  const std::string text = written(input, values);
  const auto exposition = testing::parse_exposition(text);
  if (!exposition.violations.empty()) std::fputs(exposition.violations[0].c_str(), stderr);
  demand(exposition.violations.empty(), "what is written is well-formed");
  for (const auto& sample : exposition.samples) {
    for (const std::string_view label : kLabels) {
      const std::string value = sample.label(label);
      demand(value.size() <= kMaxLabelValueBytes, "a label's value has a limit");
      demand(is_utf8(value) && value.find('\0') == std::string::npos, "Prometheus takes the value");
    }
  }
  // What was good already is changed by nothing.
  std::set<std::string, std::less<>> exposed;
  for (const auto& sample : exposition.samples) exposed.insert(sample.label("container"));
  for (const std::string_view value : values) {
    if (value.size() > kMaxLabelValueBytes || !is_utf8(value)) continue;
    if (value.find('\0') != std::string_view::npos) continue;
    demand(exposed.contains(value), "a good value comes out as it went in");
  }
  demand(samples_of(to_openmetrics(text)) == samples_of(text),
         "samples are the same in OpenMetrics");
  (void)to_openmetrics(input.rest());
  return 0;
}
