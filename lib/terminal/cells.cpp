#include "terminal/cells.hpp"

#include <clocale>
#include <cwchar>

#include "base/text.hpp"

namespace kcommons::terminal {

namespace {

constexpr std::string_view kEllipsis = "…";

// The locale that knows UTF-8, for this thread, as long as it lives. Debian has it in libc-bin.
class Utf8Locale final {
 public:
  Utf8Locale() {
    static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (utf8 != nullptr) before_ = ::uselocale(utf8);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  ~Utf8Locale() {
    if (before_ != nullptr) ::uselocale(before_);
  }

 private:
  locale_t before_ = nullptr;
};

std::size_t length_at(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  std::size_t length = 1;
  if (lead >= 0xF0) {
    length = 4;
  } else if (lead >= 0xE0) {
    length = 3;
  } else if (lead >= 0xC0) {
    length = 2;
  }
  return std::min(length, text.size());
}

wchar_t decoded(std::string_view bytes) {
  constexpr unsigned kBits = 6;
  auto code = static_cast<unsigned>(static_cast<unsigned char>(bytes.front()));
  if (bytes.size() > 1) code &= 0x7FU >> bytes.size();
  for (const char byte : bytes.substr(1)) {
    code = code << kBits | (static_cast<unsigned char>(byte) & 0x3FU);
  }
  return static_cast<wchar_t>(code);
}

// With a Utf8Locale alone.
std::size_t columns_of_one(std::string_view bytes) {
  if (bytes.size() == 1) return 1;
  const int columns = ::wcwidth(decoded(bytes));
  // What the C library does not know is a box on most terminals.
  return columns < 0 ? 1 : static_cast<std::size_t>(columns);
}

// How many bytes at the front take at most so many columns, combining characters included.
std::size_t head_of(std::string_view text, std::size_t most) {
  std::size_t at = 0;
  std::size_t taken = 0;
  while (at < text.size()) {
    const std::string_view one = text.substr(at, length_at(text.substr(at)));
    taken += columns_of_one(one);
    if (taken > most) break;
    at += one.size();
  }
  return at;
}

// Where the end begins that takes at most so many columns.
std::size_t tail_of(std::string_view text, std::size_t whole, std::size_t most) {
  std::size_t at = 0;
  while (at < text.size() && whole > most) {
    const std::string_view one = text.substr(at, length_at(text.substr(at)));
    whole -= columns_of_one(one);
    at += one.size();
  }
  // What combines with a character that is gone goes with it.
  while (at < text.size()) {
    const std::string_view one = text.substr(at, length_at(text.substr(at)));
    if (columns_of_one(one) > 0) break;
    at += one.size();
  }
  return at;
}

}  // namespace

std::string in_ascii(std::string_view text) {
  const Utf8Locale locale;
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view one = rest.substr(0, length_at(rest));
    if (one.size() == 1) {
      out += one;
    } else if (one == kEllipsis) {
      out += '~';
    } else {
      out.append(columns_of_one(one), '?');
    }
    rest.remove_prefix(one.size());
  }
  return out;
}

std::size_t columns_of(std::string_view text) {
  const Utf8Locale locale;
  std::size_t columns = 0;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, length_at(text));
    columns += columns_of_one(one);
    text.remove_prefix(one.size());
  }
  return columns;
}

std::string cut_middle(std::string_view text, std::size_t most) {
  const std::size_t whole = columns_of(text);
  if (whole <= most) return std::string(text);
  if (most == 0) return {};
  const Utf8Locale locale;
  const std::size_t tail = (most - 1) / 2;
  std::string out(text.substr(0, head_of(text, most - 1 - tail)));
  out += kEllipsis;
  out += text.substr(tail_of(text, whole, tail));
  return out;
}

std::string cut_end(std::string_view text, std::size_t most) {
  if (columns_of(text) <= most) return std::string(text);
  if (most == 0) return {};
  const Utf8Locale locale;
  return std::string(text.substr(0, head_of(text, most - 1))) + std::string(kEllipsis);
}

std::string left_aligned(std::string_view text, std::size_t columns) {
  std::string out = cut_middle(text, columns);
  out.append(columns - columns_of(out), ' ');
  return out;
}

std::string right_aligned(std::string_view text, std::size_t columns) {
  const std::string cut = cut_middle(text, columns);
  return std::string(columns - columns_of(cut), ' ') + cut;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns, std::size_t most) {
  std::vector<std::string> lines;
  if (columns == 0 || most == 0) return lines;
  while (!text.empty() && lines.size() + 1 < most) {
    if (columns_of(text) <= columns) break;
    const Utf8Locale locale;
    const std::size_t fits = std::max(head_of(text, columns), length_at(text));
    // The blank may stand just behind what fits.
    const std::size_t blank = text.substr(0, fits + 1).rfind(' ');
    const bool between_words = blank != std::string_view::npos && blank > 0;
    lines.emplace_back(text.substr(0, between_words ? blank : fits));
    text.remove_prefix(between_words ? blank + 1 : fits);
  }
  if (!text.empty()) lines.push_back(cut_end(text, columns));
  return lines;
}

}  // namespace kcommons::terminal
