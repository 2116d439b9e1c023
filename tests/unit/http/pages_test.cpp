#include "http/pages.hpp"

#include <catch2/catch.hpp>

#include "parts.hpp"

namespace http = kcommons::http;

TEST_CASE("metrics carry the content type of the text format", "[http]") {
  const http::Response response = http::metrics_response(http::test::one("up 1\n"), {}, false);
  CHECK(response.status == 200);
  CHECK(response.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(*response.parts.at(0) == "up 1\n");
  CHECK(http::length_of(response) == 5);
}

TEST_CASE("readiness is 200 or 503 with the reason on one line", "[http]") {
  CHECK(http::healthy_response().status == 200);
  CHECK(http::healthy_response("the sampler\nhangs").status == 503);
  CHECK(http::healthy_response("the sampler\nhangs").body ==
        "not healthy: the sampler\\x0ahangs\n");
  CHECK(http::ready_response(true, "unused").status == 200);
  CHECK(http::ready_response(true, "unused").body == "ready\n");
  const http::Response waiting = http::ready_response(false, "no census\nyet");
  CHECK(waiting.status == 503);
  CHECK(waiting.body == "not ready: no census\\x0ayet\n");
}

TEST_CASE("both forms of the page say that they hang on Accept and may not be kept", "[http]") {
  const http::Headers both{{"Vary", "Accept"}, {"Cache-Control", "no-store"}};
  const http::Response text = http::page_text_response("t\n");
  CHECK(text.content_type == "text/plain; charset=utf-8");
  CHECK(text.headers == both);
  const http::Response html = http::page_response("<p>", "default-src 'none'");
  CHECK(html.content_type == "text/html; charset=utf-8");
  REQUIRE(html.headers.size() == 3);
  CHECK(html.headers[0] ==
        http::Headers::value_type("Content-Security-Policy", "default-src 'none'"));
  CHECK(html.headers[1] == both[0]);
  CHECK(html.headers[2] == both[1]);
}

TEST_CASE("an exposition says what it is and what the choice hung on", "[http]") {
  const http::Response text = http::metrics_response(http::test::one("up 1\n"), {}, false);
  CHECK(text.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(http::find_header(text.headers, "Vary") == "Accept, Accept-Encoding");
  CHECK_FALSE(http::find_header(text.headers, "Content-Encoding"));
  const http::Response other = http::metrics_response(
      http::test::one("x"), {.format = http::Exposition::kOpenMetrics, .escaping = true}, true);
  CHECK(other.content_type ==
        "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores");
  CHECK(http::find_header(other.headers, "Content-Encoding") == "gzip");
}
