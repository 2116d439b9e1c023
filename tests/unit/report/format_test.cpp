#include "report/format.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace report = kcommons::report;

TEST_CASE("what means something in HTML is escaped", "[report]") {
  CHECK(report::html_escape("<script>alert('x' & \"y\")</script>") ==
        "&lt;script&gt;alert(&#39;x&#39; &amp; &quot;y&quot;)&lt;/script&gt;");
  CHECK(report::html_escape("&amp;") == "&amp;amp;");
  CHECK(report::html_escape("plain é \xF0\x9F\x90\xB3") == "plain é \xF0\x9F\x90\xB3");
  CHECK(report::html_escape("").empty());
}

TEST_CASE("long names lose their middle between code points", "[report]") {
  CHECK(report::cut_middle("abcdefghij", 10) == "abcdefghij");
  CHECK(report::cut_middle("abcdefghij", 9) == "abcd…ghij");
  CHECK(report::cut_middle("abcdefghij", 4) == "ab…j");
  CHECK(report::cut_middle("abcdefghij", 1) == "…");
  CHECK(report::cut_middle("abcdefghij", 0).empty());
  CHECK(report::cut_middle("", 5).empty());
  CHECK(report::cut_middle("äöüßéèêëïî", 5) == "äö…ïî");
  CHECK(report::width("äöü") == 3);
}

TEST_CASE("a cut name is never wider than allowed", "[report]") {
  std::string name;
  for (int i = 0; i < 40; ++i) name += i % 3 == 0 ? "é" : "x";
  for (std::size_t most = 0; most < 50; ++most) {
    CAPTURE(most);
    CHECK(report::width(report::cut_middle(name, most)) == std::min<std::size_t>(most, 40));
  }
}
