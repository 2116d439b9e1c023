#include "exposition/text_writer.hpp"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>

#include "base/text.hpp"

namespace kcommons::exposition {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

void append_help(std::string& out, std::string_view help) {
  for (const char c : text::valid_utf8(help)) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

// NUL is legal UTF-8, but the lexer of Prometheus accepts none inside a label value
// (prometheus/prometheus, model/textparse/promlex.l) and gives up the scrape.
std::string without_nul(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\0') {
      out += kReplacement;
    } else {
      out += c;
    }
  }
  return out;
}

void append_label_value(std::string& out, std::string_view value) {
  // Bytes beyond the limit cannot reach the output, so that a huge value costs no more than a
  // long one. The four bytes more keep the last code point within the limit whole.
  value = value.substr(0, kMaxLabelValueBytes + 4);
  std::string nul_free;
  if (value.find('\0') != std::string_view::npos) {
    nul_free = without_nul(value);
    value = nul_free;
  }
  for (const char c : text::valid_utf8(value, kMaxLabelValueBytes)) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '"') {
      out += "\\\"";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

}  // namespace

std::string_view name_of(MetricType type) {
  return type == MetricType::kCounter ? "counter" : "gauge";
}

void append_label_text(std::string& out, std::span<const std::string_view> names,
                       std::span<const std::string_view> values) {
  assert(names.size() == values.size());
  if (names.empty()) return;
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += i == 0 ? '{' : ',';
    out += names[i];
    out += "=\"";
    if (i < values.size()) append_label_value(out, values[i]);
    out += '"';
  }
  out += '}';
}

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
    return;
  }
  constexpr double kExactIntegers = 9007199254740992.0;  // 2^53
  std::array<char, 32> digits{};
  char* const end = digits.data() + digits.size();
  const bool is_plain = std::trunc(value) == value && std::abs(value) < kExactIntegers;
  const auto written = is_plain
                           ? std::to_chars(digits.data(), end, static_cast<std::int64_t>(value))
                           : std::to_chars(digits.data(), end, value);
  out.append(digits.data(), written.ptr);
}

void TextWriter::family(std::string_view name, MetricType type, std::string_view help) {
  name_ = name;
  header_ = "# HELP ";
  header_ += name;
  header_ += ' ';
  append_help(header_, help);
  header_ += "\n# TYPE ";
  header_ += name;
  header_ += ' ';
  header_ += name_of(type);
  header_ += '\n';
}

void TextWriter::sample(std::span<const std::string_view> label_names,
                        std::span<const std::string_view> label_values, double value) {
  std::string label_text;
  append_label_text(label_text, label_names, label_values);
  sample(label_text, value);
}

void TextWriter::sample(std::string_view label_text, double value) {
  out_ += header_;
  header_.clear();
  out_ += name_;
  out_ += label_text;
  out_ += ' ';
  append_number(out_, value);
  out_ += '\n';
}

}  // namespace kcommons::exposition
