// Parsing a text in a test and comparing what it says, line by line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace kcommons::config::test {

// What is said about a file called "f": "f:1:2: key: what, expected what", one entry a mistake.
inline std::vector<std::string> mistakes_in(std::string_view yaml) {
  std::vector<std::string> lines;
  for (const auto& error : parse(yaml, "f").errors) lines.push_back(error.text());
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace kcommons::config::test
