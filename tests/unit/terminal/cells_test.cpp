// Columns of a terminal, and what must not get there.
#include "terminal/cells.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace kcommons::terminal;

TEST_CASE("characters take as many columns as terminals give them", "[terminal]") {
  CHECK(columns_of("") == 0);
  CHECK(columns_of("web-1") == 5);
  CHECK(columns_of("é") == 1);
  CHECK(columns_of("漢字") == 4);
  CHECK(columns_of("e\u0301") == 1);  // combining
  CHECK(columns_of("🐳") == 2);
}

TEST_CASE("what is too long loses its middle within its columns", "[terminal]") {
  CHECK(cut_middle("container", 9) == "container");
  CHECK(cut_middle("container", 5) == "co…er");
  CHECK(cut_middle("container", 1) == "…");
  CHECK(cut_middle("container", 0).empty());
  // Half a wide character does not exist.
  CHECK(cut_middle("漢字漢字", 4) == "漢…");
  CHECK(cut_end("container", 4) == "con…");
  for (std::size_t most = 0; most < 12; ++most) {
    CHECK(columns_of(cut_middle("a漢b字c漢d", most)) <= most);
    CHECK(columns_of(left_aligned("a漢b字c漢d", most)) == most);
    CHECK(columns_of(right_aligned("a漢b字c漢d", most)) == most);
  }
}

TEST_CASE("without UTF-8 text keeps its width", "[terminal]") {
  CHECK(in_ascii("web…1") == "web~1");
  CHECK(in_ascii("漢é") == "???");
  CHECK(in_ascii("e\u0301") == "e");
}

TEST_CASE("text is broken between words", "[terminal]") {
  using Lines = std::vector<std::string>;
  CHECK(wrapped("raise the limit", 20, 3) == Lines{"raise the limit"});
  CHECK(wrapped("raise the limit", 9, 3) == Lines{"raise the", "limit"});
  CHECK(wrapped("raise the limit", 9, 1) == Lines{"raise th…"});
  CHECK(wrapped("abcdefgh", 3, 9) == Lines{"abc", "def", "gh"});
  CHECK(wrapped("漢字", 1, 9).size() <= 9);
  CHECK(wrapped("text", 0, 9).empty());
}
