#include "exposition/sample_sink.hpp"

#include <algorithm>
#include <cmath>

namespace kcommons::exposition {

namespace {

// A total order, NaN last: plain < is none when a NaN is among the values.
bool is_smaller(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  return a < b;
}

}  // namespace

void SampleSink::add(std::span<const std::string_view> label_values, double value) {
  const std::size_t offset = label_texts_.size();
  append_label_text(label_texts_, label_names_, label_values);
  samples_.push_back({offset, label_texts_.size() - offset, value});
}

void SampleSink::write_to(TextWriter& writer) {
  std::sort(samples_.begin(), samples_.end(), [this](const Sample& a, const Sample& b) {
    const int order = text_of(a).compare(text_of(b));
    return order != 0 ? order < 0 : is_smaller(a.value, b.value);
  });
  for (std::size_t i = 0; i < samples_.size();) {
    const std::string_view labels = text_of(samples_[i]);
    double merged = samples_[i].value;
    for (++i; i < samples_.size() && text_of(samples_[i]) == labels; ++i) {
      // Sorted by value: the later one is the larger.
      merged = merge_ == Merge::kSum ? merged + samples_[i].value : samples_[i].value;
    }
    writer.sample(labels, merged);
  }
  samples_.clear();
  label_texts_.clear();
}

}  // namespace kcommons::exposition
