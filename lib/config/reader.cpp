#include "config/reader.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "config/fields.hpp"
#include "config/mistakes.hpp"
#include "config/values.hpp"

namespace kcommons::config {

namespace {

constexpr std::string_view kLayouts = "cgroup.layouts";
constexpr std::size_t kMaxLayouts = 100;
constexpr std::size_t kMaxWords = 50;

std::string_view name_of(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::kEmpty:
      return "no value";
    case Node::Kind::kQuoted:
      return "text in quotes";
    case Node::Kind::kSequence:
      return "a list";
    case Node::Kind::kMapping:
      return "a mapping";
    case Node::Kind::kPlain:
    case Node::Kind::kRefused:
      break;
  }
  return "a word";
}

// A key that is known, with its value.
struct Entry {
  std::string_view name;
  std::string path;  // with all sections in front
  const Node& value;
  Position at;  // of the value; of the key when there is no value
};

// The names that may stand directly in `section` ("" is the top), each once.
std::vector<std::string_view> names_in(std::string_view section) {
  std::vector<std::string_view> names;
  const auto add = [&](std::string_view key) {
    if (!section.empty()) {
      if (!key.starts_with(section) || key.substr(section.size(), 1) != ".") return;
      key.remove_prefix(section.size() + 1);
    }
    const std::string_view name = text::take_until(key, '.');
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  for (const Field& field : fields()) add(field.key);
  for (const ListField& field : list_fields()) add(field.key);
  add(kLayouts);
  return names;
}

class Reader final {
 public:
  Reader(Config& config, std::vector<Mistake>& mistakes) : config_(config), mistakes_(mistakes) {}

  void read_section(const Node& node, const std::string& section);
  void check_intervals();
  void check_marks();

 private:
  void refuse(Position at, std::string_view key, std::string_view message) {
    mistakes_.push_back(mistake_of(at, key, message));
  }
  std::vector<Entry> known_entries(const Node& mapping, const std::string& section,
                                   const std::vector<std::string_view>& names);
  void read_field(const Field& field, const Entry& entry);
  void read_list(const ListField& field, const Entry& entry);
  void read_layouts(const Entry& entry);
  void read_layout(const Node& item, const std::string& path);
  std::optional<std::string> read_text(const Entry& entry, std::string_view expected);

  Config& config_;
  std::vector<Mistake>& mistakes_;
  std::map<std::string_view, Position> given_at_;  // of the fields that the file holds
  std::set<std::string_view> wrong_;               // those of them with a mistake
};

// Unknown keys and keys given twice are reported here. The values of the latter are all returned,
// for they may hold mistakes too.
std::vector<Entry> Reader::known_entries(const Node& mapping, const std::string& section,
                                         const std::vector<std::string_view>& names) {
  std::vector<Entry> entries;
  std::map<std::string_view, int> first_lines;
  for (std::size_t i = 0; i + 1 < mapping.children.size(); i += 2) {
    const Node& key = mapping.children[i];
    const Node& value = mapping.children[i + 1];
    if (key.kind == Node::Kind::kRefused) continue;
    if (!is_scalar(key)) {
      refuse(key.at, section, fmt::format("{} as a key, expected a word", name_of(key.kind)));
      continue;
    }
    std::string path = section.empty() ? key.scalar : section + "." + key.scalar;
    const auto [first, is_new] = first_lines.try_emplace(key.scalar, key.at.line);
    if (!is_new) {
      refuse(key.at, path, fmt::format("given twice, expected only line {}", first->second));
    }
    const auto name = std::ranges::find(names, key.scalar);
    if (name == names.end()) {
      const std::string excerpt = text::valid_utf8(path, 80);
      if (is_new) {
        refuse(key.at, excerpt,
               fmt::format("unknown key, expected one of {}", fmt::join(names, ", ")));
      }
      continue;
    }
    const Position at = value.kind == Node::Kind::kEmpty ? key.at : value.at;
    entries.push_back({.name = *name, .path = std::move(path), .value = value, .at = at});
  }
  return entries;
}

// A section without a value is what remains when all its keys are commented out: the defaults.
void Reader::read_section(const Node& node, const std::string& section) {
  if (node.kind == Node::Kind::kEmpty || node.kind == Node::Kind::kRefused) return;
  const auto names = names_in(section);
  if (node.kind != Node::Kind::kMapping) {
    refuse(node.at, section,
           fmt::format("{}, expected a mapping with the keys {}", name_of(node.kind),
                       fmt::join(names, ", ")));
    return;
  }
  for (const Entry& entry : known_entries(node, section, names)) {
    const Field* field = find_field(entry.path);
    const ListField* list = find_list_field(entry.path);
    // A key of both tables is a list where it is written as one.
    const bool is_list =
        list != nullptr && (field == nullptr || entry.value.kind == Node::Kind::kSequence);
    if (is_list) {
      read_list(*list, entry);
    } else if (field != nullptr) {
      read_field(*field, entry);
    } else if (entry.path == kLayouts) {
      read_layouts(entry);
    } else {
      read_section(entry.value, entry.path);
    }
  }
}

void Reader::read_field(const Field& field, const Entry& entry) {
  const Node& value = entry.value;
  given_at_[field.key] = entry.at;
  const bool wrong_form = field.form == Field::Form::kNumber && value.kind == Node::Kind::kQuoted;
  const auto done = is_scalar(value) && !wrong_form
                        ? field.set(config_, value.scalar)
                        : fail(unexpected(name_of(value.kind), field.expected()));
  if (done) return;
  wrong_.insert(field.key);
  if (value.kind != Node::Kind::kRefused) refuse(entry.at, field.key, done.error().message());
}

// A list without a value is what remains when all its words are commented out: the default. An
// empty one, [], is empty.
void Reader::read_list(const ListField& field, const Entry& entry) {
  const Node& list = entry.value;
  if (list.kind == Node::Kind::kEmpty || list.kind == Node::Kind::kRefused) return;
  const std::size_t size = list.children.size();
  if (list.kind != Node::Kind::kSequence || size > kMaxWords || size < field.at_least) {
    const std::string got = list.kind == Node::Kind::kSequence ? fmt::format("a list of {}", size)
                                                               : std::string(name_of(list.kind));
    const std::string expected = field.at_least == 0
                                     ? fmt::format("a list of at most {}", kMaxWords)
                                     : fmt::format("a list of {} to {}", field.at_least, kMaxWords);
    refuse(entry.at, field.key, unexpected(got, expected).message());
    return;
  }
  std::vector<std::string> words;
  for (std::size_t i = 0; i < list.children.size(); ++i) {
    const Node& item = list.children[i];
    const Entry word{.name = field.key,
                     .path = fmt::format("{}[{}]", field.key, i),
                     .value = item,
                     .at = item.at};
    const auto text = read_text(word, field.expected());
    if (!text) continue;
    if (const auto checked = field.check(*text, words); !checked) {
      refuse(item.at, word.path, checked.error().message());
      continue;
    }
    words.push_back(*text);
  }
  field.list(config_) = std::move(words);
}

void Reader::read_layouts(const Entry& entry) {
  const Node& list = entry.value;
  if (list.kind == Node::Kind::kEmpty || list.kind == Node::Kind::kRefused) return;
  if (list.kind != Node::Kind::kSequence) {
    refuse(entry.at, kLayouts, unexpected(name_of(list.kind), "a list of layouts").message());
    return;
  }
  if (list.children.size() > kMaxLayouts) {
    refuse(entry.at, kLayouts,
           fmt::format("{} layouts, expected at most {}", list.children.size(), kMaxLayouts));
    return;
  }
  for (std::size_t i = 0; i < list.children.size(); ++i) {
    read_layout(list.children[i], fmt::format("{}[{}]", kLayouts, i));
  }
}

void Reader::read_layout(const Node& item, const std::string& path) {
  constexpr std::string_view kExpected = "a mapping with the keys path, runtime";
  if (item.kind == Node::Kind::kRefused) return;
  if (item.kind != Node::Kind::kMapping) {
    refuse(item.at, path, unexpected(name_of(item.kind), kExpected).message());
    return;
  }
  LayoutRule rule;
  bool has_path = false;
  bool has_runtime = false;
  for (const Entry& entry : known_entries(item, path, {"path", "runtime"})) {
    const bool is_path = entry.name == "path";
    (is_path ? has_path : has_runtime) = true;
    const auto value =
        read_text(entry, is_path ? "a cgroup path such as /garden/{id}" : "the name of a runtime");
    if (!value) continue;
    (is_path ? rule.pattern : rule.runtime) = *value;
    if (!is_path) continue;
    rule.line = entry.at.line;
    rule.column = entry.at.column;
  }
  if (!has_path) refuse(item.at, path, "no path, expected a cgroup path such as /garden/{id}");
  if (!has_runtime) refuse(item.at, path, "no runtime, expected the name of a runtime");
  const bool usable = !rule.pattern.empty() && !rule.runtime.empty();
  if (usable) config_.cgroup.layouts.push_back(std::move(rule));
}

std::optional<std::string> Reader::read_text(const Entry& entry, std::string_view expected) {
  const Node& value = entry.value;
  if (value.kind == Node::Kind::kRefused) return std::nullopt;
  if (!is_scalar(value)) {
    refuse(entry.at, entry.path, unexpected(name_of(value.kind), expected).message());
    return std::nullopt;
  }
  const bool is_printable = text::printable(value.scalar) == value.scalar;
  if (value.scalar.empty() || !is_printable) {
    refuse(entry.at, entry.path, unexpected(quoted(value.scalar), expected).message());
    return std::nullopt;
  }
  return value.scalar;
}

// The mistake is reported at holdings_interval where the file gives it, else at pools_interval.
void Reader::check_intervals() {
  constexpr std::string_view kPools = "sampling.pools_interval";
  constexpr std::string_view kHoldings = "sampling.holdings_interval";
  const auto& sampling = config_.sampling;
  if (sampling.holdings_interval >= sampling.pools_interval) return;
  if (wrong_.contains(kPools) || wrong_.contains(kHoldings)) return;
  const std::string_view key = given_at_.contains(kHoldings) ? kHoldings : kPools;
  refuse(given_at_[key], key,
         "holdings more often than pools, expected holdings_interval not shorter than "
         "pools_interval");
}

// The same, of the two marks of an incident.
void Reader::check_marks() {
  constexpr std::string_view kThreshold = "incidents.threshold";
  constexpr std::string_view kClear = "incidents.clear";
  if (config_.incidents.clear <= config_.incidents.threshold) return;
  if (wrong_.contains(kThreshold) || wrong_.contains(kClear)) return;
  const std::string_view key = given_at_.contains(kClear) ? kClear : kThreshold;
  refuse(given_at_[key], key,
         "over only above where it begins, expected clear not above threshold");
}

}  // namespace

void read_config(const Node& root, Config& config, std::vector<Mistake>& mistakes) {
  Reader reader(config, mistakes);
  reader.read_section(root, "");
  reader.check_intervals();
  reader.check_marks();
}

}  // namespace kcommons::config
