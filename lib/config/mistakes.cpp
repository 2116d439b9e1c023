#include "config/mistakes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "base/text.hpp"

namespace kcommons::config {

namespace {

constexpr std::size_t kMaxErrors = 100;

}  // namespace

Mistake mistake_of(Position at, std::string_view key, std::string_view message) {
  if (key.empty()) return {at, std::string(message)};
  return {at, fmt::format("{}: {}", text::printable(key), message)};
}

std::vector<ConfigError> errors_of(std::vector<Mistake> mistakes, std::string_view path) {
  std::ranges::stable_sort(mistakes, {}, &Mistake::at);
  std::vector<ConfigError> errors;
  for (Mistake& mistake : mistakes) {
    if (errors.size() == kMaxErrors) {
      const std::size_t rest = mistakes.size() - kMaxErrors;
      errors.push_back(
          {.path = std::string(path), .message = fmt::format("{} more mistakes", rest)});
      break;
    }
    errors.push_back({.path = std::string(path),
                      .line = mistake.at.line,
                      .column = mistake.at.column,
                      .message = std::move(mistake.message)});
  }
  return errors;
}

}  // namespace kcommons::config
