// A key, as any terminal may name it. Values.
#pragma once

#include <cstdint>

namespace kcommons::terminal {

struct Key {
  enum class Code : std::uint8_t {
    kCharacter,
    kEnter,
    kEscape,
    kBackspace,
    kTab,
    kBackTab,
    kUp,
    kDown,
    kLeft,
    kRight,
    kPageUp,
    kPageDown,
    kHome,
    kEnd,
    kF1,
    kF2,
    kF3,
    kF4,
    kF5,
    kF6,
    kF7,
    kF8,
    kF9,
    kF10,
  };
  Code code = Code::kCharacter;
  char32_t character = 0;  // of kCharacter
  bool operator==(const Key&) const = default;
};

}  // namespace kcommons::terminal
