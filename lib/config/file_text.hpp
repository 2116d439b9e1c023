// The bytes of a configuration file. Thread-safe.
#pragma once

#include <string>

#include "base/result.hpp"

namespace kcommons::config {

// One byte more than kMaxFileBytes at most, so that the parser sees that the file is too large.
Result<std::string> read_text(const std::string& path);

}  // namespace kcommons::config
