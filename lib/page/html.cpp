#include "page/html.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.hpp"
#include "report/format.hpp"

namespace kcommons::page {

namespace {

// One code point of valid UTF-8 that is not of ASCII, taken from the front.
char32_t take_code(std::string_view& text) {
  constexpr unsigned kPayload = 0x3F;
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  char32_t code = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length && i < text.size(); ++i) {
    code = code << 6U | (static_cast<unsigned char>(text[i]) & kPayload);
  }
  text.remove_prefix(std::min(length, text.size()));
  return code;
}

// A name that looks like another one is shown as what it is.
std::string without_deception(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    const std::string_view whole = text;
    const char32_t code = take_code(text);
    if (text::is_deceptive(code)) {
      out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(code));
    } else {
      out += whole.substr(0, whole.size() - text.size());
    }
  }
  return out;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char byte) { return static_cast<unsigned char>(byte) < 0x80; });
}

}  // namespace

std::string safe(std::string_view text) {
  std::string shown = text::printable(text);
  if (!is_ascii(shown)) shown = without_deception(shown);
  return report::html_escape(shown);
}

std::string name_html(std::string_view text) {
  return "<bdi>" + safe(text) + "</bdi>";
}

std::string number(std::uint64_t value) {
  constexpr std::size_t kGroup = 3;
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > kGroup;) {
    at -= kGroup;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string number(std::int64_t value) {
  if (value >= 0) return number(static_cast<std::uint64_t>(value));
  // Two's complement: there is no positive of the least one.
  return "−" + number(std::uint64_t{0} - static_cast<std::uint64_t>(value));
}

std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", number(count), count == 1 ? singular : plural);
}

std::string date_text(WallTime time) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string clock_text(WallTime time) {
  return fmt::format("{:%H:%M}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace kcommons::page
