// The tables of keys that hold one value, or a list of words: a row each. The reader, set() and
// known_keys() all work from them, so a key, its range and its default's place stand together once.
// Pure and thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"

namespace kcommons::config {

struct Field {
  // In YAML a number in quotes is text, and refused where a number, or true or false, is meant.
  enum class Form : std::uint8_t { kText, kNumber };

  std::string_view key;  // with its section: "web.max_requests"
  Form form;
  Result<void> (*set)(Config&, std::string_view value);
  std::string (*expected)();  // for a value that does not get as far as set
  bool (*same)(const Config&, const Config&);
};

// A row of a key that holds a list of words, each checked by itself. A key that is in both tables
// takes one value or a list.
struct ListField {
  std::string_view key;  // with its sections: "identity.labels"
  std::vector<std::string>& (*list)(Config&);
  // What is wrong with a word, or nothing, given those that stand before it.
  Result<void> (*check)(std::string_view word, const std::vector<std::string>& before);
  std::string (*expected)();
  std::size_t at_least = 0;  // words
};

std::span<const Field> fields();
std::span<const ListField> list_fields();

// The row of `key`, or nullptr.
const Field* find_field(std::string_view key);
const ListField* find_list_field(std::string_view key);

}  // namespace kcommons::config
