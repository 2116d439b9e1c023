// Writes the Prometheus text format 0.0.4, strictly: one HELP and one TYPE line before the samples
// of a family, no family without samples, every line ended by LF, and whatever a label value holds
// comes out as valid UTF-8, escaped and of bounded length. One bad byte in one label would cost the
// whole scrape (github.com/prometheus/docs, instrumenting/exposition_formats.md).
//
// Names are the caller's constants and are not checked here: the metric table checks its own.
// Nothing fails but for want of memory. A writer belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kcommons::exposition {

enum class MetricType : std::uint8_t { kGauge, kCounter };
std::string_view name_of(MetricType type);

// The longest label value in bytes before escaping; the cut falls between code points.
inline constexpr std::size_t kMaxLabelValueBytes = 256;

// Appends `{a="x",b="y"}`, or nothing without labels. Both spans have the same length.
void append_label_text(std::string& out, std::span<const std::string_view> names,
                       std::span<const std::string_view> values);

// Appends the value: a whole number below 2^53 in digits alone, any other finite one in the
// shortest form that reads back as the same double, else +Inf, -Inf or NaN.
void append_number(std::string& out, double value);

class TextWriter final {
 public:
  // `out` is appended to and must outlive the writer.
  explicit TextWriter(std::string& out) : out_(out) {}

  // Starts a family; its two header lines are written with the first sample.
  void family(std::string_view name, MetricType type, std::string_view help);
  // A sample of the family that was started last.
  void sample(std::span<const std::string_view> label_names,
              std::span<const std::string_view> label_values, double value);
  // The same with labels that append_label_text() has made.
  void sample(std::string_view label_text, double value);

 private:
  std::string& out_;
  std::string name_;
  std::string header_;  // of the family, until its first sample
};

}  // namespace kcommons::exposition
