#include "base/text.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>

namespace text = kcommons::text;
using namespace std::string_literals;

TEST_CASE("numbers are taken whole or not at all", "[base]") {
  CHECK(text::parse_number<int>("42") == 42);
  CHECK(text::parse_number<int>("-1") == -1);
  CHECK(text::parse_number<std::uint64_t>("3e8", 16) == 1000);
  CHECK_FALSE(text::parse_number<int>(""));
  CHECK_FALSE(text::parse_number<int>(" 1"));
  CHECK_FALSE(text::parse_number<int>("1 "));
  CHECK_FALSE(text::parse_number<unsigned>("-1"));
  CHECK_FALSE(text::parse_number<std::uint8_t>("256"));
  CHECK_FALSE(text::parse_number<int>("12x"));
}

TEST_CASE("splitting keeps empty parts and takes the rest when no separator is left", "[base]") {
  CHECK(text::split("a::b", ':') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(text::split("", ':') == std::vector<std::string_view>{""});
  std::string_view rest = "12:pids:/a:b";
  CHECK(text::take_until(rest, ':') == "12");
  CHECK(text::take_until(rest, ':') == "pids");
  CHECK(rest == "/a:b");
  std::string_view words = "  one\ttwo ";
  CHECK(text::take_word(words) == "one");
  CHECK(text::take_word(words) == "two");
  CHECK(text::take_word(words).empty());
}

TEST_CASE("invalid utf-8 becomes replacement characters and valid text stays", "[base]") {
  CHECK(text::valid_utf8("grün ✓ 🐋") == "grün ✓ 🐋");
  CHECK(text::valid_utf8("a\xff"s + "b") == "a\xEF\xBF\xBD"s + "b");
  CHECK(text::valid_utf8("\xc0\xaf") == "\xEF\xBF\xBD\xEF\xBF\xBD");          // overlong
  CHECK(text::valid_utf8("\xed\xa0\x80").find('\xed') == std::string::npos);  // surrogate
  CHECK(text::valid_utf8("\xf4\x90\x80\x80").find('\xf4') == std::string::npos);
  CHECK(text::valid_utf8("\xe2\x9c").size() == 6);  // cut short: two bytes, two replacements
}

TEST_CASE("a length limit cuts between code points", "[base]") {
  CHECK(text::valid_utf8("ab✓", 4) == "ab");
  CHECK(text::valid_utf8("ab✓", 5) == "ab✓");
  CHECK(text::valid_utf8("abc", 2) == "ab");
}

TEST_CASE("printable text stays on one line and sends nothing to a terminal", "[base]") {
  CHECK(text::printable("a\nb\x1b[2J") == "a\\x0ab\\x1b[2J");
  CHECK(text::printable("\x9b") == "\\x9b");
  CHECK(text::printable("\xc2\x9b") == "\\xc2\\x9b");  // CSI of 8 bits
  CHECK(text::printable("\xff") == "\\xff");
  CHECK(text::printable("grün 漢字") == "grün 漢字");
  // From right to left, a line of its own, and what cannot be seen.
  CHECK(text::printable("a\u202eb\u2028c\u200bd\U000e0041") == "a\\u202eb\\u2028c\\u200bd\\ue0041");
}

TEST_CASE("the last line may be cut unless it ends", "[base]") {
  CHECK(text::cut_line("").empty());
  CHECK(text::cut_line("\n").empty());
  CHECK(text::cut_line("a\nb\n").empty());
  CHECK(text::cut_line("a\nb") == "b");
  CHECK(text::cut_line("ab") == "ab");
}
