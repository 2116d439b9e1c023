// Text that is no YAML, or more of YAML than a configuration needs.
#include <catch2/catch.hpp>
#include <string>

#include "config/config.hpp"
#include "expect.hpp"

using namespace kcommons::config;
using namespace std::string_literals;
using test::Lines;
using test::mistakes_in;

namespace {

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

}  // namespace

TEST_CASE("text that is no yaml is told with its place", "[config]") {
  CHECK(mistakes_in("web: {max_requests: 1\nlog: {}\n") ==
        Lines{"f:2:4: end of map flow not found, expected YAML"});
  CHECK(mistakes_in("source: auto\n source: auto\n") ==
        Lines{"f:2:8: illegal map value, expected YAML"});
  CHECK(mistakes_in("source: 'auto\n") ==
        Lines{"f:2:1: quotes are still open here, expected their end"});
  CHECK(mistakes_in("paths:\n  procfs: \"/proc") ==
        Lines{"f:2:17: quotes are still open here, expected their end"});
  CHECK(mistakes_in("cgroup: {layouts: [") ==
        Lines{"f:1:20: end of sequence flow not found, expected YAML"});
  CHECK(mistakes_in("source: \"\\q\"").front().starts_with("f:1:12: unknown escape character: q"));
}

TEST_CASE("tabs as indentation are all told", "[config]") {
  CHECK(mistakes_in("web:\n\tmax_requests: 1\n  \ttelemetry_path: /m\n") ==
        Lines{"f:2:1: tab in the indentation, expected spaces",
              "f:3:3: tab in the indentation, expected spaces"});
  CHECK(mistakes_in("source:\tauto\t# a tab\n\t\n\t# a comment\n").empty());
}

TEST_CASE("bytes that are no utf-8 are told with their place", "[config]") {
  CHECK(mistakes_in("# fine\nsource: a\xff\n") == Lines{"f:2:10: byte 0xff, expected UTF-8 text"});
  CHECK(mistakes_in("# \xc3\xb6 is fine\n# \xc3") ==
        Lines{"f:2:3: byte 0xc3, expected UTF-8 text"});
  CHECK(mistakes_in("\xed\xa0\x80") == Lines{"f:1:1: byte 0xed, expected UTF-8 text"});
  CHECK(mistakes_in("# U+FFFD \xEF\xBF\xBD is a character like others").empty());
}

TEST_CASE("control characters are told with their place", "[config]") {
  CHECK(mistakes_in("source: \0auto"s) == Lines{"f:1:9: byte 0x00, expected UTF-8 text"});
  CHECK(mistakes_in("# \x1b[2J") == Lines{"f:1:3: byte 0x1b, expected UTF-8 text"});
  CHECK(mistakes_in("# old Mac\rsource: auto") == Lines{"f:1:10: byte 0x0d, expected UTF-8 text"});
  CHECK(mistakes_in("\x7f") == Lines{"f:1:1: byte 0x7f, expected UTF-8 text"});
}

TEST_CASE("a binary file is one mistake", "[config]") {
  CHECK(mistakes_in("\x7f"
                    "ELF\x02\x01\x01\0\0\n\xff\n\xff"s) ==
        Lines{"f:1:1: byte 0x7f, expected UTF-8 text"});
  CHECK(mistakes_in("\xff\xfe"
                    "s\0o\0"s) == Lines{"f:1:1: byte 0xff, expected UTF-8 text"});  // UTF-16
}

TEST_CASE("a file larger than its limit is refused whole", "[config]") {
  const std::string largest = repeated("#23456789abcdef\n", 65536);
  REQUIRE(largest.size() == 1U << 20U);
  CHECK(mistakes_in(largest).empty());
  CHECK(mistakes_in(largest + "#") == Lines{"f: too large, expected at most 1048576 bytes"});
}

TEST_CASE("anchors and aliases are refused and the bomb never expands", "[config]") {
  std::string bomb = "a: &a [x, x]\n";
  for (char c = 'b'; c <= 'z'; ++c) {
    const std::string before(9, static_cast<char>(c - 1));
    bomb += std::string(1, c) + ": &" + std::string(1, c) + " [";
    for (const char name : before) bomb += "*"s + name + ", ";
    bomb += "]\n";
  }
  const auto lines = mistakes_in(bomb);
  REQUIRE(lines.size() == 101);
  CHECK(lines[0].starts_with("f:1:1: a: unknown key"));
  CHECK(lines[1] == "f:1:4: an anchor, expected none");
}

TEST_CASE("an alias is told once and its value is not judged", "[config]") {
  CHECK(mistakes_in("log: &l {level: info}\nweb: *l\nlimits: {max_units: *l}") ==
        Lines{"f:1:6: an anchor, expected none",
              "f:2:6: an alias, expected the value itself, in quotes where it begins with *",
              "f:3:21: an alias, expected the value itself, in quotes where it begins with *"});
  CHECK(mistakes_in("cgroup: {layouts: [{path: *:cri, runtime: oci}]}").size() == 1);
  CHECK(mistakes_in("source: *nowhere") ==
        Lines{"f:1:9: an alias, expected the value itself, in quotes where it begins with *"});
  CHECK(mistakes_in("x: &a s\n*a : 1").size() == 3);
}

TEST_CASE("tags are refused", "[config]") {
  CHECK(mistakes_in("source: !!str auto") ==
        Lines{"f:1:9: the tag \"tag:yaml.org,2002:str\", expected none"});
  CHECK(mistakes_in("log: !thing {level: info}") ==
        Lines{"f:1:6: the tag \"!thing\", expected none"});
}

TEST_CASE("directives are refused for they hide what stands in their line", "[config]") {
  CHECK(mistakes_in("%YAML 1.2\n---\nsource: auto\n") ==
        Lines{"f:1:1: a directive, expected none"});
  CHECK(mistakes_in("%source: auto\n%log: {}\n").size() == 2);
}

TEST_CASE("a second document is refused", "[config]") {
  CHECK(mistakes_in("source: auto\n---\nsource: nonsense\n") ==
        Lines{"f:2:1: a second document, expected one"});
  CHECK(mistakes_in("source: nonsense\n---\n[").size() == 2);
  CHECK(mistakes_in("---\nsource: auto\n...\n").empty());
}

TEST_CASE("nesting has a limit", "[config]") {
  const Lines expected{"f:1:17: nested too deep, expected at most 16 levels"};
  CHECK(mistakes_in(std::string(17, '[') + std::string(17, ']')) == expected);
  CHECK(mistakes_in(std::string(16, '[') + std::string(16, ']')) != expected);
}

TEST_CASE("a file of nothing but openings is one mistake", "[config]") {
  const std::string piece = GENERATE(as<std::string>{}, "[", "- ", "{a: ", "? ");
  CAPTURE(piece);
  const auto lines = mistakes_in(repeated(piece, 200'000));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].ends_with(": nested too deep, expected at most 16 levels"));
}

TEST_CASE("the number of values has a limit", "[config]") {
  const auto lines = mistakes_in("x: [" + repeated("1,", 100'000) + "]");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0] == "f:1:39999: too many values, expected at most 20000");
}
