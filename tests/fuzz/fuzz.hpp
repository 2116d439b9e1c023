// What the targets of libFuzzer share: an input taken apart, and properties that every input must
// have. README.md of the folder above says how they are run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace kcommons::fuzz {

// An input that does not have the property is a finding: libFuzzer keeps it and ends.
inline void demand(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "property does not hold: %s\n", property);
  std::abort();
}

// Takes choices off the front; the rest is the text.
class Input final {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  // The letters a to z of a seed are 0 to 25.
  std::size_t choice(std::size_t count) { return (byte() + 256U - 'a') % 256U % count; }
  // What stands before the next `end`, or all.
  std::string_view until(char end) {
    const std::size_t at = rest_.find(end);
    const std::string_view taken = rest_.substr(0, at);
    rest_ = at == std::string_view::npos ? std::string_view{} : rest_.substr(at + 1);
    return taken;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool is_empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// Shares no code with text::valid_utf8().
inline bool is_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at++]);
    const int more = lead < 0x80 ? 0 : lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : -1;
    if (more < 0 || lead >= 0xF8) return false;
    std::uint32_t code = more == 0 ? lead : lead & (0x3FU >> static_cast<unsigned>(more));
    for (int i = 0; i < more; ++i, ++at) {
      if (at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U)
        return false;
      code = code << 6U | (static_cast<unsigned char>(text[at]) & 0x3FU);
    }
    constexpr std::uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    if (code < kLeast[more] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
  }
  return true;
}

// UTF-8 on one line without control characters.
inline bool is_printable(std::string_view text) {
  for (const char letter : text) {
    if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F) return false;
  }
  return is_utf8(text);
}

// What every parser promises: an answer or an error that can be shown, and twice the same.
template <typename Parse>
auto parsed(const Parse& parse) {
  const auto first = parse();
  const auto second = parse();
  demand(first.has_value() == second.has_value(), "an input parses always or never");
  if (!first) {
    demand(is_printable(first.error().message()), "an error is one printable line");
    demand(first.error().message() == second.error().message(), "an error is always the same");
  }
  return first;
}

// The same, of values that compare.
template <typename Parse>
auto parsed_alike(const Parse& parse) {
  auto first = parsed(parse);
  if (first) demand(*first == *parse(), "an input always parses to the same");
  return first;
}

}  // namespace kcommons::fuzz
