#include "http/wire.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "http/pages.hpp"

namespace http = kcommons::http;

namespace {

const kcommons::WallTime kThen{std::chrono::seconds(1'700'000'000)};

http::Request with(http::Headers headers) {
  http::Request request;
  request.headers = std::move(headers);
  return request;
}

}  // namespace

TEST_CASE("head of an answer is exact", "[http]") {
  CHECK(http::response_head(http::text_response(200, "12345"), true, kThen) ==
        "HTTP/1.1 200 OK\r\n"
        "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 5\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Connection: keep-alive\r\n"
        "\r\n");
}

TEST_CASE("a header value cannot end its line", "[http]") {
  http::Response response = http::text_response(200, "");
  response.headers = {{"X-A\r\nB", "1\r\nSet-Cookie: x=1\r\n\r\n<script>"}};
  const std::string head = http::response_head(response, false, kThen);
  CHECK(head.find("\r\nX-A  B: 1  Set-Cookie: x=1    <script>\r\n") != std::string::npos);
  CHECK(head.find("\r\n\r\n") == head.size() - 4);
}

TEST_CASE("every status that is sent has its phrase", "[http]") {
  for (const int status : {200, 400, 404, 405, 411, 413, 500, 503, 505}) {
    CAPTURE(status);
    CHECK(http::reason_phrase(status) != "Unknown");
  }
  CHECK(http::reason_phrase(999) == "Unknown");
}

TEST_CASE("connection stays open as version and client say", "[http]") {
  CHECK(http::allows_keep_alive(with({}), "1.1"));
  CHECK_FALSE(http::allows_keep_alive(with({}), "1.0"));
  CHECK(http::allows_keep_alive(with({{"connection", "Keep-Alive"}}), "1.0"));
  CHECK(http::allows_keep_alive(with({{"Connection", "TE , keep-alive"}}), "1.0"));
  CHECK_FALSE(http::allows_keep_alive(with({{"Connection", "close"}}), "1.1"));
}

TEST_CASE("connection closes behind a body or an upgrade", "[http]") {
  CHECK(http::allows_keep_alive(with({{"Content-Length", "0"}}), "1.1"));
  CHECK_FALSE(http::allows_keep_alive(with({{"Content-Length", "1"}}), "1.1"));
  CHECK_FALSE(http::allows_keep_alive(with({{"Transfer-Encoding", "chunked"}}), "1.1"));
  CHECK_FALSE(http::allows_keep_alive(
      with({{"Upgrade", "websocket"}, {"Connection", "keep-alive, Upgrade"}}), "1.1"));
}
