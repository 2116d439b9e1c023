// Collects the samples of one family, in any order, and writes them in one: sorted by their label
// text, and no label text twice. Two holders can come to the same labels, because names are made
// valid and cut; Prometheus refuses a scrape with a series that stands in it twice. Shares that
// add up are then summed, so that no sum over holders loses anything.
//
// Values are added in the order of their size, not of their arrival: the same samples give the
// same bytes whatever the order they come in. A sink belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exposition/text_writer.hpp"

namespace kcommons::exposition {

// What two samples with the same labels come to.
enum class Merge : std::uint8_t {
  kSum,      // shares of something
  kLargest,  // limits, ratios, ages, and the 1 of an info metric
};

class SampleSink final {
 public:
  // `label_names` must outlive the sink; the metric table's do.
  SampleSink(std::span<const std::string_view> label_names, Merge merge)
      : label_names_(label_names), merge_(merge) {}

  // As many values as there are label names, in their order.
  void add(std::span<const std::string_view> label_values, double value);
  void add(std::initializer_list<std::string_view> label_values, double value) {
    add(std::span(label_values.begin(), label_values.size()), value);
  }

  // Writes what was added into the family that `writer` has started, and forgets it.
  void write_to(TextWriter& writer);

 private:
  struct Sample {
    std::size_t offset;  // of the label text in label_texts_
    std::size_t length;
    double value;
  };
  [[nodiscard]] std::string_view text_of(const Sample& sample) const {
    return std::string_view(label_texts_).substr(sample.offset, sample.length);
  }

  std::span<const std::string_view> label_names_;
  Merge merge_;
  std::string label_texts_;  // one after the other: a string each would cost more than the text
  std::vector<Sample> samples_;
};

}  // namespace kcommons::exposition
