#include "report/format.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace kcommons::report {

namespace {

bool starts_code_point(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

// Where the code point number `index` begins, or the end.
std::size_t offset_of(std::string_view text, std::size_t index) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!starts_code_point(text[at])) continue;
    if (index == 0) return at;
    --index;
  }
  return text.size();
}

}  // namespace

std::string html_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char byte : text) {
    switch (byte) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += byte;
    }
  }
  return out;
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, starts_code_point));
}

std::string cut_middle(std::string_view text, std::size_t most) {
  const std::size_t whole = width(text);
  if (whole <= most) return std::string(text);
  if (most == 0) return {};
  const std::size_t tail = (most - 1) / 2;
  const std::size_t head = most - 1 - tail;
  std::string out(text.substr(0, offset_of(text, head)));
  out += "…";
  out += text.substr(offset_of(text, whole - tail));
  return out;
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t first) {
  constexpr std::size_t kLine = 80;
  std::string out;
  std::size_t column = first;
  while (!text.empty()) {
    const std::string_view word = text::take_until(text, ' ');
    const bool follows = !out.empty();
    if (follows && column + 1 + width(word) > kLine) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (follows) {
      out += ' ';
      ++column;
    }
    out += word;
    column += width(word);
  }
  return out;
}

std::string markdown_cell(std::string_view text) {
  std::string out;
  for (const char byte : text) {
    if (byte == '<') {
      out += "&lt;";
      continue;
    }
    if (std::string_view("|\\`*_[]").find(byte) != std::string_view::npos) out += '\\';
    out += byte;
  }
  return out;
}

}  // namespace kcommons::report
