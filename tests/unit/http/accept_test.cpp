#include "http/accept.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <utility>

using kcommons::http::accepts_gzip;
using kcommons::http::choose_exposition;
using kcommons::http::Exposition;
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

TEST_CASE("OpenMetrics is for those who want it at least as much as text", "[http]") {
  const auto [accept, expected] = GENERATE(table<std::string, bool>({
      {"", false},
      {"*/*", false},
      {"text/plain", false},
      {"application/openmetrics-text", true},
      {"application/openmetrics-text; version=1.0.0", true},
      {"Application/OpenMetrics-Text;version=\"0.0.1\"", true},
      {"application/openmetrics-text;version=2.0.0", false},
      {"application/openmetrics-text;q=0", false},
      {"application/openmetrics-text;q=0.5, text/plain;q=0.6", false},
      {"application/openmetrics-text;q=0.5, text/plain;q=0.5", true},
      {"text/plain;q=0.5, application/openmetrics-text;q=0.5", true},
      {"application/openmetrics-text;q=0.5, text/plain;version=9;q=0.6", true},
      {"application/openmetrics-text;q=0.1, */*;q=0.2", false},
      {"text/html", false},
      // Prometheus 2.42.
      {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
       "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       true},
      // Where protocol buffers are preferred, which are not served.
      {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
       "encoding=delimited;q=0.7,text/plain;version=0.0.4;q=0.3",
       false},
      {"application/openmetrics-text;q=x,,;;=,text/plain", false},
  }));
  CAPTURE(accept);
  const auto choice = choose_exposition(accept);
  CHECK((choice.format == Exposition::kOpenMetrics) == expected);
  CHECK_FALSE(choice.escaping);
}

TEST_CASE("a client of Prometheus 3 is told how names are escaped", "[http]") {
  const auto choice = choose_exposition(
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
      "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3");
  CHECK(choice.format == Exposition::kOpenMetrics);
  CHECK(choice.escaping);
}

TEST_CASE("only what asks for gzip gets it", "[http]") {
  CHECK_FALSE(accepts_gzip(std::nullopt));
  for (const char* const yes : {"gzip", "GZIP", "x-gzip", "deflate, gzip;q=1.0, *;q=0.5", "*",
                                "gzip;q=0.001", "br;q=1, gzip;q=0.2"}) {
    CAPTURE(yes);
    CHECK(accepts_gzip(yes));
  }
  for (const char* const no :
       {"", "identity", "gzip;q=0", "gzip;q=0, *", "deflate", "*;q=0", "gzip;q=x", "gzipped"}) {
    CAPTURE(no);
    CHECK_FALSE(accepts_gzip(no));
  }
}
