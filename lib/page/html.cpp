#include "page/html.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/text.hpp"
#include "report/format.hpp"

namespace kcommons::page {

namespace {

// Unseen themselves, these turn or break the text around them, so that a name may look like another
// (UAX #9, 2: marks, embeddings, overrides, isolates; line and paragraph separators).
struct Turning {
  std::string_view utf8;
  std::string_view shown;
};
constexpr std::array kTurning{
    Turning{"\xD8\x9C", "\\u061c"},     Turning{"\xE2\x80\x8E", "\\u200e"},
    Turning{"\xE2\x80\x8F", "\\u200f"}, Turning{"\xE2\x80\xA8", "\\u2028"},
    Turning{"\xE2\x80\xA9", "\\u2029"}, Turning{"\xE2\x80\xAA", "\\u202a"},
    Turning{"\xE2\x80\xAB", "\\u202b"}, Turning{"\xE2\x80\xAC", "\\u202c"},
    Turning{"\xE2\x80\xAD", "\\u202d"}, Turning{"\xE2\x80\xAE", "\\u202e"},
    Turning{"\xE2\x81\xA6", "\\u2066"}, Turning{"\xE2\x81\xA7", "\\u2067"},
    Turning{"\xE2\x81\xA8", "\\u2068"}, Turning{"\xE2\x81\xA9", "\\u2069"}};

std::string without_turns(std::string text) {
  for (const Turning& each : kTurning) {
    for (auto at = text.find(each.utf8); at != std::string::npos; at = text.find(each.utf8, at)) {
      text.replace(at, each.utf8.size(), each.shown);
    }
  }
  return text;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char byte) { return static_cast<unsigned char>(byte) < 0x80; });
}

}  // namespace

std::string safe(std::string_view text) {
  std::string shown = text::printable(text);
  if (!is_ascii(shown)) shown = without_turns(std::move(shown));
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
