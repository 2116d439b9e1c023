// What a file must be before it is worth parsing: of bounded size, UTF-8, without control
// characters, directives and tabs as indentation. yaml-cpp takes a wrong byte for a character,
// skips lines that begin with '%' and reports a tab at some later place, so this is checked in
// front of it. Pure and thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kcommons::config {

inline constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20U;

// Line and column from 1, the column in bytes; both 0 for the file as a whole.
struct Position {
  int line = 0;
  int column = 0;
  auto operator<=>(const Position&) const = default;
};

struct Mistake {
  Position at;
  std::string message;  // "what, expected what"
};

// Nothing when the text may be parsed. A byte that is no text ends the search.
std::vector<Mistake> check_source_text(std::string_view text);

}  // namespace kcommons::config
