// The bytes of a configuration file. Thread-safe.
#pragma once

#include <string>

#include "base/result.hpp"

namespace kcommons::config {

// One byte more than kMaxFileBytes at most, so that the parser sees that the file is too large.
Result<std::string> read_text(const std::string& path);

// Of a file that is read again later: a pipe, which gives its text once, is an error, and is not
// waited for.
Result<std::string> read_text_of_file(const std::string& path);

}  // namespace kcommons::config
