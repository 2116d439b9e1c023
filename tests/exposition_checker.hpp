// A strict reader of the Prometheus text format 0.0.4, for tests and live scrapes alone. It is
// written from the format's description and shares no code with the writer. It finds more than
// `promtool check metrics`, which passes over duplicate and interleaved series.
//
// Beyond the format it holds kcommons to its own rules: a HELP for every family, no family without
// samples, one set and order of label names per family, no time stamps, no blank lines or stray
// spaces, `_total` for counters and for nothing else. Pure; never throws on any input.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kcommons::testing {

struct ExposedSample {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;  // as they stand, unescaped
  double value = 0;

  // The value of a label, "" where there is none.
  [[nodiscard]] std::string label(std::string_view label_name) const;
};

struct Exposition {
  std::vector<ExposedSample> samples;
  std::vector<std::string> violations;  // "line 3: what is wrong"; empty when all is well
};

Exposition parse_exposition(std::string_view text);

// The violations alone.
std::vector<std::string> check_exposition(std::string_view text);

}  // namespace kcommons::testing
