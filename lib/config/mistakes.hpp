// From the mistakes that readers of YAML note to the errors that users see. Pure, thread-safe.
#pragma once

#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/source_text.hpp"

namespace kcommons::config {

// Of a key; an empty one is none.
Mistake mistake_of(Position at, std::string_view key, std::string_view message);

// In the order of the file, and not more of them than anybody would read.
std::vector<ConfigError> errors_of(std::vector<Mistake> mistakes, std::string_view path);

}  // namespace kcommons::config
