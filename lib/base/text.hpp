// Text from the kernel and from containers: splitting, strict numbers, and making hostile bytes
// safe to show. Pure functions, thread-safe; views returned point into the argument.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kcommons::text {

// The whole of `digits` as an unsigned or signed number in the base given; nothing on a sign
// where none fits, on white space, on overflow, or on anything left over.
template <std::integral T>
std::optional<T> parse_number(std::string_view digits, int base = 10) {
  T value{};
  const char* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, value, base);
  if (digits.empty() || error != std::errc{} || stopped != end) return std::nullopt;
  return value;
}

std::string_view trim(std::string_view text);

// Takes the text up to the next `separator` off the front of `rest`, the separator too. When
// there is none, takes all of it.
std::string_view take_until(std::string_view& rest, char separator);

// Takes the next run of bytes that are neither space nor tab; empty at the end.
std::string_view take_word(std::string_view& rest);

// The line at the end that has no end, and so may have been cut short; empty where all have one.
std::string_view cut_line(std::string_view text);

std::vector<std::string_view> split(std::string_view text, char separator);

// Valid UTF-8, and as long as the limit allows: each byte that starts no valid sequence becomes
// U+FFFD, and the cut falls between code points. A limit of 0 means none.
std::string valid_utf8(std::string_view bytes, std::size_t max_bytes = 0);

// Valid UTF-8 on one line, for logs, terminals and pages: control characters and invalid bytes
// become \xNN, and \uNNNN what turns the direction of the text or has no look of its own, with
// which a name reads as another one. Harmless on a terminal.
std::string printable(std::string_view bytes);

// What is free to be called anything, as part of the name of a label of Prometheus: letters, digits
// and _ of ASCII as they stand, every other byte as _.
std::string label_name(std::string_view bytes);

}  // namespace kcommons::text
