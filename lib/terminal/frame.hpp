// A painted screen: lines of text, each piece of it with the part that it plays. What a part looks
// like, in colours or without, is up to the screen. Values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kcommons::terminal {

enum class Role : std::uint8_t {
  kPlain,
  kStrong,    // what the page is about
  kDim,       // beside it
  kGood,      // a bar far from its end
  kWarm,      // 70% of a limit and more
  kFull,      // 90%
  kHeading,   // of the table
  kSorted,    // the column that it is sorted by
  kSelected,  // the row that a key acts on
  kError,     // what went wrong
  kKey,       // a key's name
  kLabel,     // and what it does
};

struct Span {
  std::string text;
  Role role = Role::kPlain;
};

using Line = std::vector<Span>;

struct Frame {
  struct Cursor {
    std::size_t row = 0;
    std::size_t column = 0;
  };
  std::vector<Line> lines;
  std::optional<Cursor> cursor;  // where one types
};

std::string plain(const Line& line);
std::size_t columns_of(const Line& line);

}  // namespace kcommons::terminal
