// The table of keys that hold one value: a row each. The reader, set() and known_keys() all work
// from it, so a key, its range and its default's place stand together once. Pure and thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/config.hpp"

namespace kcommons::config {

struct Field {
  // In YAML a number in quotes is text, and refused where a number is meant.
  enum class Form : std::uint8_t { kText, kNumber };

  std::string_view key;  // with its section: "web.max_requests"
  Form form;
  Result<void> (*set)(Config&, std::string_view value);
  std::string (*expected)();  // for a value that does not get as far as set
};

std::span<const Field> fields();

// The row of `key`, or nullptr.
const Field* find_field(std::string_view key);

}  // namespace kcommons::config
