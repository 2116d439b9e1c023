#include "base/text.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace kcommons::text {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

unsigned char byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

bool is_continuation(unsigned char byte) {
  return (byte & 0xC0U) == 0x80U;
}

// Length of the valid UTF-8 sequence at the front, 0 when there is none (Unicode 15, table 3-7:
// no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t sequence_length(std::string_view bytes) {
  const unsigned char lead = byte_at(bytes, 0);
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (bytes.size() < length) return 0;
  const unsigned char second = byte_at(bytes, 1);
  if (second < low || second > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_continuation(byte_at(bytes, i))) return 0;
  }
  return length;
}

// The code point of a sequence that is valid, and not of ASCII.
char32_t code_of(std::string_view sequence) {
  constexpr unsigned kPayload = 0x3F;
  auto code = static_cast<char32_t>(byte_at(sequence, 0));
  code &= 0xFFU >> (sequence.size() + 1);
  for (std::size_t i = 1; i < sequence.size(); ++i) {
    code = code << 6U | (byte_at(sequence, i) & kPayload);
  }
  return code;
}

// Marks and isolates of direction, joiners, and what has no look of its own: a name with one of
// them reads as another one (Unicode 15, general category Cf), or turns what stands beside it.
bool is_deceptive(char32_t code) {
  const auto within = [code](char32_t first, char32_t last) {
    return code >= first && code <= last;
  };
  return code == 0xAD || code == 0x61C || within(0x200B, 0x200F) || within(0x2028, 0x202E) ||
         within(0x2060, 0x206F) || code == 0xFEFF || within(0xFFF9, 0xFFFB) ||
         within(0xE0000, 0xE0FFF) || within(0xFE00, 0xFE0F) || code == 0x115F || code == 0x1160 ||
         code == 0x3164 || code == 0xFFA0;
}

void append_escaped(std::string& out, unsigned char byte) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\x";
  out += kHex[byte >> 4U];
  out += kHex[byte & 0x0FU];
}

}  // namespace

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view taken = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return taken;
}

std::string_view take_word(std::string_view& rest) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t first = rest.find_first_not_of(kBlank);
  if (first == std::string_view::npos) {
    rest = {};
    return {};
  }
  rest.remove_prefix(first);
  const std::size_t end = rest.find_first_of(kBlank);
  const std::string_view word = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
  return word;
}

std::string_view cut_line(std::string_view text) {
  return text.substr(text.rfind('\n') + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string valid_utf8(std::string_view bytes, std::size_t max_bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = sequence_length(bytes);
    const std::string_view next = length == 0 ? kReplacement : bytes.substr(0, length);
    if (max_bytes != 0 && out.size() + next.size() > max_bytes) break;
    out += next;
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string printable(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = sequence_length(bytes);
    const unsigned char lead = byte_at(bytes, 0);
    const bool is_c1_control = length == 2 && lead == 0xC2 && byte_at(bytes, 1) < 0xA0;
    if (length == 0 || (length == 1 && (lead < 0x20 || lead == 0x7F))) {
      append_escaped(out, lead);
      bytes.remove_prefix(1);
    } else if (is_c1_control) {
      append_escaped(out, lead);
      append_escaped(out, byte_at(bytes, 1));
      bytes.remove_prefix(2);
    } else {
      const std::string_view one = bytes.substr(0, length);
      if (length > 1 && is_deceptive(code_of(one))) {
        out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(code_of(one)));
      } else {
        out += one;
      }
      bytes.remove_prefix(length);
    }
  }
  return out;
}

std::string label_name(std::string_view bytes) {
  std::string name(bytes);
  for (char& letter : name) {
    const bool is_kept = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                         (letter >= '0' && letter <= '9');
    if (!is_kept) letter = '_';
  }
  return name;
}

}  // namespace kcommons::text
