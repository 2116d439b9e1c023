#include "http/accept.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <utility>

using kcommons::http::prefers_text;

TEST_CASE("text is preferred only when the client says so", "[http]") {
  const auto [accept, expected] = GENERATE(table<std::string, bool>({
      {"", false},
      {"*/*", false},  // curl, wget
      {"text/plain", true},
      {"TEXT/Plain", true},
      {"text/*", false},
      {"text/html", false},
      {"text/plain, text/html", false},
      {"text/plain;q=0.9, text/html;q=0.8", true},
      {"text/plain;q=0.8, text/html;q=0.9", false},
      {"text/plain, */*;q=0.1", true},
      {"text/plain;q=0, */*", false},
      {"text/html;q=0, */*", true},
      {"text/plain ; q=1.000 , text/html ; q=0.999", true},
      // A browser.
      {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", false},
      // Prometheus 2.42.
      {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
       "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       true},
  }));
  CAPTURE(accept);
  CHECK(prefers_text(accept) == expected);
}

TEST_CASE("parts of an Accept header that do not parse count as not said", "[http]") {
  const std::string accept = GENERATE(
      as<std::string>(), "text/plain;q=2", "text/plain;q=", "text/plain;q=0.1234",
      "text/plain;q=-1", "text/plain;q=0.x", "text/plain;q=1.001", ",,,;;;===", ";q=1", "text/",
      "plain", std::string(100000, ';'), std::string(100000, ','), "text/plain\xFF");
  CAPTURE(accept.substr(0, 40));
  CHECK_FALSE(prefers_text(accept));
}
