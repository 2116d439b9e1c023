#include "config/source_text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace kcommons::config {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Position place(std::size_t line, std::size_t column) {
  return {static_cast<int>(line), static_cast<int>(column + 1)};
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

// Where the line stops being text. U+FFFD in the line is itself valid and compares equal.
std::optional<std::size_t> first_bad_byte(std::string_view line) {
  const auto control = std::ranges::find_if(line, is_control);
  const std::string valid = text::valid_utf8(line);
  const auto differs = std::ranges::mismatch(line, valid).in1;
  const auto first = std::min(control, differs);
  if (first == line.end()) return std::nullopt;
  return static_cast<std::size_t>(first - line.begin());
}

// Blank lines and lines of comment alone have no indentation that means anything.
std::optional<std::size_t> tab_in_indentation(std::string_view line) {
  const std::size_t tab = line.find_first_not_of(' ');
  if (tab == std::string_view::npos || line[tab] != '\t') return std::nullopt;
  const std::string_view content = text::trim(line);
  if (content.empty() || content.front() == '#') return std::nullopt;
  return tab;
}

}  // namespace

std::vector<Mistake> check_source_text(std::string_view text) {
  if (text.size() > kMaxFileBytes) {
    return {{{}, fmt::format("too large, expected at most {} bytes", kMaxFileBytes)}};
  }
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<Mistake> mistakes;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const bool ended = text.find('\n') != std::string_view::npos;
    std::string_view line = text::take_until(text, '\n');
    if (ended && line.ends_with('\r')) line.remove_suffix(1);
    if (const auto bad = first_bad_byte(line)) {
      const auto byte = static_cast<unsigned char>(line[*bad]);
      mistakes.push_back(
          {place(number, *bad), fmt::format("byte 0x{:02x}, expected UTF-8 text", byte)});
      return mistakes;
    }
    if (line.starts_with('%')) {
      mistakes.push_back({place(number, 0), "a directive, expected none"});
    }
    if (const auto tab = tab_in_indentation(line)) {
      mistakes.push_back({place(number, *tab), "tab in the indentation, expected spaces"});
    }
  }
  return mistakes;
}

}  // namespace kcommons::config
