#include "http/client.hpp"

#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <string>

#include "http/pages.hpp"
#include "http/request_text.hpp"
#include "http/server.hpp"
#include "raw_server.hpp"

using namespace kcommons;
using namespace kcommons::http;
using namespace std::chrono_literals;
using test::RawServer;

namespace {

Url at(std::uint16_t port) {
  Url url;
  url.host = "127.0.0.1";
  url.port = port;
  return url;
}

// Quick to give up.
constexpr ClientOptions kImpatient{.connect_timeout = 300ms, .timeout = 300ms, .max_body = 1000};

}  // namespace

TEST_CASE("the client gets what our server serves", "[http]") {
  const auto server = Server::start({.host = "127.0.0.1"}, [](const Request& request) {
    return text_response(request.path == "/a" ? 200 : 404, request.path + "?" + request.query);
  });
  REQUIRE(server);
  const auto answer = get(at((*server)->port()), "/a?x=1");
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "/a?x=1");
  CHECK(find_header(answer->headers, "content-type") == "text/plain; charset=utf-8");
  Url by_name = at((*server)->port());
  by_name.host = "localhost";
  by_name.path = "/prefix";
  const auto other = get(by_name, "/b");
  REQUIRE(other);
  CHECK(other->status == 404);
  CHECK(other->body == "/prefix/b?");
}

TEST_CASE("a request names host and user and keeps no connection", "[http]") {
  Url url{.user = "Aladdin", .password = "open sesame", .host = "h", .port = 8080, .path = "/p"};
  CHECK(request_text(url, "/x?y") ==
        "GET /p/x?y HTTP/1.1\r\nHost: h:8080\r\nUser-Agent: kcommons\r\nConnection: close\r\n"
        "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
  url.password = "\xff\xfe";
  CHECK_THAT(request_text(url, "/"), Catch::Contains("Basic QWxhZGRpbjr//g==\r\n"));
  url.user = "a";
  CHECK_THAT(request_text(url, "/"), Catch::Contains("Basic YTr//g==\r\n"));
  url.password.clear();
  url.user = "ab";
  CHECK_THAT(request_text(url, "/"), Catch::Contains("Basic YWI6\r\n"));
  url.user.clear();
  CHECK_THAT(request_text(url, "/"), !Catch::Contains("Authorization"));
}

TEST_CASE("the client sends what it says and reads chunks", "[http]") {
  RawServer server({.parts = {"HTTP/1.1 200 OK\r\nTransfer-", "Encoding: chunked\r\n\r\n3\r\nab",
                              "c\r\n0\r\n\r\n"},
                    .pause = 20ms,
                    .close = false});
  const Url url = at(server.port());
  const auto answer = get(url, "/x");
  REQUIRE(answer);
  CHECK(answer->body == "abc");
  CHECK(server.request() == request_text(url, "/x"));
}

TEST_CASE("a port where nobody listens is refused with the reason", "[http]") {
  const auto answer = get(at(test::closed_port()), "/");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code().value() == ECONNREFUSED);
  CHECK(answer.error().message() == "connect: Connection refused");
}

TEST_CASE("a name that there is not is told", "[http]") {
  Url url = at(80);
  url.host = "no-such-host.invalid";
  const auto answer = get(url, "/");
  REQUIRE_FALSE(answer);
  CHECK_THAT(answer.error().message(), Catch::StartsWith("no IPv4 address: "));
}

TEST_CASE("who never answers and who answers drop by drop is given up", "[http]") {
  std::vector<std::string> drops(500, "x");
  drops.front() = "HTTP/1.1 200 OK\r\n\r\n";
  const std::vector<std::string> parts = GENERATE_COPY(
      std::vector<std::string>{}, std::vector<std::string>{"HTTP/1.1 200 OK\r\nX: "}, drops);
  RawServer server({.parts = parts, .pause = 20ms, .close = false});
  const auto started = std::chrono::steady_clock::now();
  const auto answer = get(at(server.port()), "/", kImpatient);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code().value() == ETIMEDOUT);
  CHECK(answer.error().message() == "wait for the answer: Connection timed out");
  CHECK(std::chrono::steady_clock::now() - started < 5s);
}

TEST_CASE("an endless answer ends at the cap", "[http]") {
  RawServer server({.parts = {"HTTP/1.1 200 OK\r\n\r\n", std::string(50'000'000, 'x')}});
  const auto answer = get(at(server.port()), "/", {.max_body = 1'000'000});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().message() == "a body of more than 1000000 bytes");
}

TEST_CASE("a connection that ends early is told", "[http]") {
  RawServer server({.parts = {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"}});
  const auto answer = get(at(server.port()), "/");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().message() == "the connection was closed within the answer");
}
