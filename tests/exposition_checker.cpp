#include "exposition_checker.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "base/text.hpp"

namespace kcommons::testing {

namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_label_name(std::string_view name) {
  return !name.empty() && is_letter(name.front()) && !name.starts_with("__") &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

bool is_metric_name(std::string_view name) {
  return !name.empty() && (is_letter(name.front()) || name.front() == ':') &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == ':'; });
}

// Takes the longest run of characters that can stand in a name off the front.
std::string_view take_name(std::string_view& rest) {
  const auto* const end = std::find_if_not(
      rest.begin(), rest.end(), [](char c) { return is_letter(c) || is_digit(c) || c == ':'; });
  const auto length = static_cast<std::size_t>(end - rest.begin());
  const std::string_view name = rest.substr(0, length);
  rest.remove_prefix(length);
  return name;
}

bool take_char(std::string_view& rest, char expected) {
  if (rest.empty() || rest.front() != expected) return false;
  rest.remove_prefix(1);
  return true;
}

// As the format spells a value: digits, or one of three words in exactly this form.
std::optional<double> parse_value(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  if (text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stopped != end) return std::nullopt;
  return value;
}

struct Family {
  bool has_help = false;
  std::string type;
  bool has_samples = false;
  bool is_closed = false;                // another family has begun since
  std::vector<std::string> label_names;  // of the first sample
};

class Checker final {
 public:
  Exposition run(std::string_view text) &&;

 private:
  void complain(const std::string& what) {
    result_.violations.push_back("line " + std::to_string(line_number_) + ": " + what);
  }
  void check_line(std::string_view line);
  void check_bytes(std::string_view line);
  void check_comment(std::string_view line);
  void check_help(Family& family, std::string_view help);
  void check_type(const std::string& name, Family& family, std::string_view type);
  void check_sample(std::string_view line);
  bool take_labels(std::string_view& rest, ExposedSample& sample);
  std::optional<std::string> take_quoted(std::string_view& rest);
  void check_labels(const ExposedSample& sample, Family& family);
  void check_value(std::string_view rest, const Family& family, ExposedSample& sample);
  void check_series(const ExposedSample& sample);
  // The family of that name, which becomes the current one.
  Family& enter(const std::string& name);
  void leave();
  // The family that a sample of that name belongs to: histograms and summaries have suffixes.
  [[nodiscard]] std::string family_of(std::string_view sample_name) const;

  Exposition result_;
  std::size_t line_number_ = 0;
  std::map<std::string, Family, std::less<>> families_;
  std::string current_;
  std::set<std::string> series_;
};

Exposition Checker::run(std::string_view text) && {
  if (!text.empty() && text.back() != '\n') {
    result_.violations.emplace_back("the last line does not end in a line feed");
  }
  while (!text.empty()) {
    ++line_number_;
    check_line(text::take_until(text, '\n'));
  }
  leave();
  return std::move(result_);
}

void Checker::check_line(std::string_view line) {
  check_bytes(line);
  if (line.empty()) {
    complain("blank line");
  } else if (line.front() == '#') {
    check_comment(line);
  } else {
    check_sample(line);
  }
}

void Checker::check_bytes(std::string_view line) {
  if (text::valid_utf8(line) != line) complain("invalid UTF-8");
  if (line.find('\0') != std::string_view::npos) complain("NUL byte");
  if (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) {
    complain("trailing space");
  }
}

void Checker::check_comment(std::string_view line) {
  const bool is_help = line.starts_with("# HELP ");
  if (!is_help && !line.starts_with("# TYPE ")) {
    complain("comment that is neither HELP nor TYPE");
    return;
  }
  std::string_view rest = line.substr(7);
  const std::string name(text::take_until(rest, ' '));
  if (!is_metric_name(name)) {
    complain("bad metric name");
    return;
  }
  Family& family = enter(name);
  if (family.has_samples) complain(std::string(is_help ? "HELP" : "TYPE") + " after samples");
  if (is_help) {
    check_help(family, rest);
  } else {
    check_type(name, family, rest);
  }
}

void Checker::check_help(Family& family, std::string_view help) {
  if (family.has_help) complain("duplicate HELP");
  family.has_help = true;
  if (help.empty()) complain("empty HELP");
  while (!help.empty()) {
    if (help.front() == '\\') {
      help.remove_prefix(1);
      if (help.empty() || (help.front() != '\\' && help.front() != 'n')) {
        complain("bad escape in HELP");
        return;
      }
    }
    help.remove_prefix(1);
  }
}

void Checker::check_type(const std::string& name, Family& family, std::string_view type) {
  if (!family.type.empty()) complain("duplicate TYPE");
  family.type = type;
  constexpr std::string_view kTypes[] = {"counter", "gauge", "histogram", "summary", "untyped"};
  if (std::find(std::begin(kTypes), std::end(kTypes), type) == std::end(kTypes)) {
    complain("unknown type");
    return;
  }
  if (name.ends_with("_total") != (type == "counter")) {
    complain("_total must end the names of counters and of nothing else");
  }
}

void Checker::check_sample(std::string_view line) {
  std::string_view rest = line;
  ExposedSample sample;
  sample.name = take_name(rest);
  if (!is_metric_name(sample.name)) {
    complain("bad metric name");
    return;
  }
  Family& family = enter(family_of(sample.name));
  if (family.type.empty() && !family.has_samples) complain("sample before TYPE");
  if (!family.has_help && !family.has_samples) complain("missing HELP");
  if (!take_labels(rest, sample)) return;
  check_labels(sample, family);
  family.has_samples = true;
  check_value(rest, family, sample);
  check_series(sample);
  result_.samples.push_back(std::move(sample));
}

bool Checker::take_labels(std::string_view& rest, ExposedSample& sample) {
  if (!take_char(rest, '{')) return true;
  while (true) {
    const std::string name(take_name(rest));
    if (!is_label_name(name)) {
      complain("bad label name");
      return false;
    }
    if (!take_char(rest, '=') || !take_char(rest, '"')) {
      complain("bad syntax after label name");
      return false;
    }
    std::optional<std::string> value = take_quoted(rest);
    if (!value) return false;
    sample.labels.emplace_back(name, std::move(*value));
    if (take_char(rest, '}')) return true;
    if (!take_char(rest, ',')) {
      complain("bad syntax after label value");
      return false;
    }
  }
}

std::optional<std::string> Checker::take_quoted(std::string_view& rest) {
  std::string value;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"') return value;
    if (c != '\\') {
      value += c;
    } else if (take_char(rest, 'n')) {
      value += '\n';
    } else if (take_char(rest, '"')) {
      value += '"';
    } else if (take_char(rest, '\\')) {
      value += '\\';
    } else {
      complain("bad escape in label value");
      return std::nullopt;
    }
  }
  complain("label value without closing quote");
  return std::nullopt;
}

void Checker::check_labels(const ExposedSample& sample, Family& family) {
  std::vector<std::string> names;
  for (const auto& [name, value] : sample.labels) {
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      complain("duplicate label name " + name);
    }
    names.push_back(name);
  }
  // Components of histograms and summaries differ by le and quantile.
  if (family.type == "histogram" || family.type == "summary") return;
  if (!family.has_samples) {
    family.label_names = names;
  } else if (names != family.label_names) {
    std::sort(names.begin(), names.end());
    std::vector<std::string> first = family.label_names;
    std::sort(first.begin(), first.end());
    complain(names == first ? "label names in another order than before"
                            : "other label names than before in this family");
  }
}

void Checker::check_value(std::string_view rest, const Family& family, ExposedSample& sample) {
  if (!take_char(rest, ' ')) {
    complain("no space before the value");
    return;
  }
  const std::string_view word = rest.substr(0, rest.find(' '));
  if (word.size() + 1 < rest.size() && !word.empty())
    complain("time stamp or text after the value");
  const std::optional<double> value = parse_value(word);
  if (!value) {
    complain("bad value (numbers are digits, NaN, +Inf or -Inf)");
    return;
  }
  sample.value = *value;
  if (family.type == "counter" && !(*value >= 0)) complain("counter below zero or NaN");
}

void Checker::check_series(const ExposedSample& sample) {
  auto labels = sample.labels;
  std::sort(labels.begin(), labels.end());
  std::string key = sample.name;
  // NUL stands in no name and in no value that passes, so that it separates safely.
  for (const auto& [name, value] : labels) {
    key += '\0';
    key += name;
    key += '\0';
    key += value;
  }
  if (!series_.insert(std::move(key)).second) complain("duplicate series of " + sample.name);
}

Family& Checker::enter(const std::string& name) {
  if (name != current_) {
    leave();
    current_ = name;
  }
  Family& family = families_[name];
  if (family.is_closed) {
    complain("family " + name + " is interleaved with another");
    family.is_closed = false;
  }
  return family;
}

void Checker::leave() {
  const auto family = families_.find(current_);
  if (family == families_.end()) return;
  if (!family->second.has_samples) complain("family " + current_ + " ends without samples");
  family->second.is_closed = true;
}

std::string Checker::family_of(std::string_view sample_name) const {
  for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
    if (!sample_name.ends_with(suffix)) continue;
    const std::string_view base = sample_name.substr(0, sample_name.size() - suffix.size());
    const auto family = families_.find(base);
    if (family == families_.end()) continue;
    const std::string& type = family->second.type;
    if (type == "histogram" || (type == "summary" && suffix != "_bucket")) return std::string(base);
  }
  return std::string(sample_name);
}

}  // namespace

std::string ExposedSample::label(std::string_view label_name) const {
  for (const auto& [key, value_text] : labels) {
    if (key == label_name) return value_text;
  }
  return {};
}

Exposition parse_exposition(std::string_view text) {
  return Checker{}.run(text);
}

std::vector<std::string> check_exposition(std::string_view text) {
  return parse_exposition(text).violations;
}

}  // namespace kcommons::testing
