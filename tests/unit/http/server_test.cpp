#include "http/server.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "http/client.hpp"
#include "http/pages.hpp"
#include "http/router.hpp"
#include "http/url.hpp"
#include "parts.hpp"
#include "raw_client.hpp"

namespace http = kcommons::http;
using http::test::Answer;
using http::test::RawClient;

namespace {

const std::string kSecret = "the text of an exception";

http::Handler routes() {
  http::Router router;
  router.add("/metrics", [](const http::Request&) {
    return http::metrics_response(http::test::one("up 1\n"), {}, false);
  });
  router.add("/", [](const http::Request&) { return http::text_response(200, "page\n"); });
  router.add("/echo", [](const http::Request& request) {
    return http::text_response(
        200, request.query + "|" + std::string(request.header("x-test").value_or("none")));
  });
  router.add("/peer",
             [](const http::Request& request) { return http::text_response(200, request.peer); });
  router.add("/throws", [](const http::Request&) -> http::Response {
    throw std::runtime_error(kSecret + "\n");
  });
  router.add("/throws-int", [](const http::Request&) -> http::Response { throw 1; });
  return [router](const http::Request& request) { return router.handle(request); };
}

std::unique_ptr<http::Server> start(http::ServerOptions options = {},
                                    http::Handler handler = routes()) {
  options.host = "127.0.0.1";
  auto server = http::Server::start(options, std::move(handler));
  REQUIRE(server);
  return std::move(*server);
}

}  // namespace

TEST_CASE("server answers GET with length and type and without sniffing", "[http]") {
  const auto server = start();
  REQUIRE(server->port() != 0);
  const Answer answer = http::test::get(server->port(), "/metrics");
  CHECK(answer.status == 200);
  CHECK(answer.body == "up 1\n");
  CHECK(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(answer.header("Content-Length") == "5");
  CHECK(answer.header("X-Content-Type-Options") == "nosniff");
  CHECK(answer.header("Date"));
}

TEST_CASE("server answers HEAD with the headers of GET and no body", "[http]") {
  const auto server = start();
  RawClient client(server->port());
  client.send("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  const Answer head = client.read_answer(false);
  CHECK(head.status == 200);
  CHECK(head.header("Content-Length") == "5");
  // A body would now stand before this answer.
  CHECK(client.get("/").body == "page\n");
}

TEST_CASE("server takes several requests on one connection and pipelined ones too", "[http]") {
  const auto server = start();
  RawClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    const Answer answer = client.get("/metrics");
    CHECK(answer.status == 200);
    CHECK(answer.header("Connection") == "keep-alive");
  }
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client.read_answer().body == "page\n");
  CHECK(client.read_answer().body == "up 1\n");
}

TEST_CASE("server closes the connection when the client asks for it or speaks 1.0", "[http]") {
  const auto server = start();
  const std::string request =
      GENERATE(as<std::string>(), "GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n",
               "GET /metrics HTTP/1.0\r\n\r\n");
  RawClient client(server->port());
  client.send(request);
  const Answer answer = client.read_answer();
  CHECK(answer.header("Connection") == "close");
  CHECK(answer.body == "up 1\n");
  CHECK(client.read_to_end().empty());
}

TEST_CASE("handler sees query and headers as they were sent", "[http]") {
  const auto server = start();
  RawClient client(server->port());
  client.send("GET /echo?a=%20b&c?d HTTP/1.1\r\nHost: x\r\nX-TEST:  some value\r\n\r\n");
  CHECK(client.read_answer().body == "a=%20b&c?d|some value");
}

TEST_CASE("handler sees the address that a request comes from", "[http]") {
  const auto server = start();
  CHECK(http::test::get(server->port(), "/peer").body == "127.0.0.1");
}

TEST_CASE("unknown paths are 404 and other methods 405", "[http]") {
  const auto server = start();
  CHECK(http::test::get(server->port(), "/none").status == 404);
  const std::string method =
      GENERATE(as<std::string>(), "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND");
  CAPTURE(method);
  RawClient client(server->port());
  client.send(method +
              " /metrics HTTP/1.1\r\nHost: x\r\nOrigin: http://evil\r\n"
              "Access-Control-Request-Method: PUT\r\nContent-Length: 3\r\n\r\nabc");
  const Answer answer = client.read_answer();
  CHECK(answer.status == 405);
  CHECK(answer.header("Allow") == "GET, HEAD");
  CHECK(answer.header("Connection") == "close");
  CHECK_FALSE(answer.header("Access-Control-Allow-Origin"));
}

TEST_CASE("a body that is announced and never sent does not hold the answer", "[http]") {
  const auto server = start();
  RawClient client(server->port());
  client.send("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n");
  CHECK(client.read_answer().status == 405);
  CHECK(client.read_to_end().empty());
}

TEST_CASE("no path leads to a file", "[http]") {
  const auto server = start();
  const std::string path = GENERATE(
      as<std::string>(), "/../etc/passwd", "/../../../../etc/passwd", "//etc/passwd", "//",
      "/etc/passwd", "/%2e%2e/etc/passwd", "/..%2fetc/passwd", "/./", "/metrics/../etc/passwd",
      "/metrics/..", "/x/../metrics", "/%6Detrics", "/metrics%00", "/\\..\\etc", "/.htpasswd",
      "/index.html", "/x.cgi", "/x.shtml", "/" + std::string(8000, '/'));
  CAPTURE(path.substr(0, 40));
  const Answer answer = http::test::get(server->port(), path);
  CHECK(answer.status == 404);
  CHECK(answer.body == "not found\n");
}

TEST_CASE("a handler that throws gives 500 and what it threw goes to the log alone", "[http]") {
  std::mutex mutex;
  std::vector<std::string> logged;
  http::ServerOptions options;
  options.log_thrown = [&](std::string_view line) {
    const std::lock_guard lock(mutex);
    logged.emplace_back(line);
  };
  const auto server = start(options);
  RawClient client(server->port());
  const Answer answer = client.get("/throws");
  CHECK(answer.status == 500);
  CHECK(answer.body == "internal error\n");
  CHECK(answer.head.find(kSecret) == std::string::npos);
  CHECK(client.get("/throws-int").status == 500);
  CHECK(client.get("/metrics").status == 200);
  const std::lock_guard lock(mutex);
  REQUIRE(logged.size() == 2);
  CHECK(logged[0] == "/throws: " + kSecret + "\\x0a");
}

TEST_CASE("garbage gets a 4xx or the end of the connection", "[http]") {
  const auto server = start();
  const std::string bytes =
      GENERATE(as<std::string>(), "\r\n\r\n", "\n\n", " \r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n",
               "GET / HTTP\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / SPDY/1\r\n\r\n",
               "BREW / HTTP/1.1\r\n\r\n", "GET metrics HTTP/1.1\r\n\r\n", "GET  HTTP/1.1\r\n\r\n",
               "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET * HTTP/1.1\r\n\r\n",
               "GET http://h HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nTransfer-Encoding: x\r\n\r\n",
               "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
               "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "GET /<script> HTTP/7\r\n\r\n",
               std::string("\0\0\0\0\r\n\r\n", 8), std::string("GET /\0 HTTP/1.1\r\n\r\n", 19),
               "\x16\x03\x01\x02\x01\x01\xfc\x03\x03\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  CAPTURE(bytes);
  RawClient client(server->port());
  client.send(bytes);
  const std::string answer = client.read_to_end();
  const bool refused =
      answer.empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 505 ");
  CHECK(refused);
  CAPTURE(answer);
  CHECK(answer.find("script") == std::string::npos);
  CHECK(http::test::get(server->port(), "/metrics").status == 200);
}

TEST_CASE("an over-long request gets a 4xx", "[http]") {
  const auto server = start();
  const std::string request =
      GENERATE(as<std::string>(), "GET /" + std::string(20000, 'a') + " HTTP/1.1\r\n\r\n",
               "GET /metrics HTTP/1.1\r\nX: " + std::string(20000, 'a') + "\r\n\r\n",
               "GET /metrics?" + std::string(1000000, 'a') + " HTTP/1.1\r\n\r\n",
               "GET /metrics HTTP/1.1\r\n" + std::string(100000, 'a'), std::string(16384, 'a'));
  RawClient client(server->port());
  client.send(request);
  CHECK(client.read_to_end().starts_with("HTTP/1.1 4"));
  CHECK(http::test::get(server->port(), "/metrics").status == 200);
}

TEST_CASE("a request with very many headers is answered", "[http]") {
  const auto server = start();
  std::string request = "GET /metrics HTTP/1.1\r\n";
  for (int i = 0; i < 1000; ++i) request += "X: y\r\n";
  RawClient client(server->port());
  client.send(request + "\r\n");
  CHECK(client.read_answer().status == 200);
}

TEST_CASE("a port in use is named with the reason", "[http]") {
  const auto first = start();
  http::ServerOptions options;
  options.host = "127.0.0.1";
  options.port = first->port();
  const auto second = http::Server::start(options, routes());
  REQUIRE_FALSE(second);
  CHECK(second.error().message() ==
        "listen on 127.0.0.1:" + std::to_string(first->port()) + ": Address already in use");
}

TEST_CASE("a port can be used again as soon as its server is gone", "[http]") {
  auto first = start();
  http::ServerOptions options;
  options.port = first->port();
  CHECK(http::test::get(options.port, "/metrics").status == 200);
  first.reset();
  const auto second = start(options);
  CHECK(second->port() == options.port);
  CHECK(http::test::get(options.port, "/metrics").status == 200);
}

TEST_CASE("hosts are addresses or names or nothing", "[http]") {
  http::ServerOptions options;
  options.host = GENERATE(as<std::string>(), "", "127.0.0.1", "localhost", "0.0.0.0");
  CAPTURE(options.host);
  const auto server = http::Server::start(options, routes());
  REQUIRE(server);
  CHECK(http::test::get((*server)->port(), "/metrics").status == 200);
}

TEST_CASE("a host that is none of this machine is refused by name", "[http]") {
  http::ServerOptions options;
  options.port = 10044;
  options.host = "192.0.2.1";  // TEST-NET-1 of RFC 5737
  const auto server = http::Server::start(options, routes());
  REQUIRE_FALSE(server);
  CHECK(server.error().message() == "listen on 192.0.2.1:10044: Cannot assign requested address");
  options.host = "::1";
  const auto six = http::Server::start(options, routes());
  REQUIRE_FALSE(six);
  CHECK((http::has_ipv6() || six.error().message() ==
                                 "listen on [::1]:10044: the civetweb here is built without IPv6"));
}

TEST_CASE("server listens on several addresses", "[http]") {
  http::ServerOptions options;
  options.more = {{.host = "127.0.0.2", .port = 0}, {.host = "127.0.0.3", .port = 0}};
  const auto server = start(options);
  REQUIRE(server->ports().size() == 3);
  CHECK(server->ports().front() == server->port());
  for (const std::uint16_t port : server->ports()) CHECK(port != 0);
  for (const char last : {'1', '2', '3'}) {
    const auto url = http::parse_url(fmt::format(
        "http://127.0.0.{}:{}", last, server->ports()[static_cast<std::size_t>(last - '1')]));
    REQUIRE(url);
    const auto answer = http::get(*url, "/metrics");
    REQUIRE(answer);
    CHECK(answer->body == "up 1\n");
  }
}

TEST_CASE("of several addresses the one that cannot be had is named", "[http]") {
  const auto first = start();
  http::ServerOptions options;
  options.host = "127.0.0.2";
  options.more = {{.host = "127.0.0.1", .port = first->port()}};
  const auto second = http::Server::start(options, routes());
  REQUIRE_FALSE(second);
  CHECK(second.error().message() ==
        "listen on 127.0.0.1:" + std::to_string(first->port()) + ": Address already in use");
}

TEST_CASE("addresses that are in each other's way are refused by name", "[http]") {
  std::uint16_t port = 0;
  {
    const auto free = start();
    port = free->port();
  }
  http::ServerOptions options;
  options.host = "127.0.0.1";
  options.port = port;
  options.more = {{.host = "", .port = port}};
  const auto server = http::Server::start(options, routes());
  REQUIRE_FALSE(server);
  CHECK(server.error().message() ==
        "listen on :" + std::to_string(port) + ": Address already in use");
}

TEST_CASE("what clients do not take has an end, and small answers are not in its way", "[http]") {
  http::ServerOptions options;
  options.max_unsent_bytes = 3'000'000;
  const auto server = start(options, [](const http::Request& request) {
    return http::text_response(200, std::string(request.path == "/large" ? 2'000'000 : 1000, 'x'));
  });
  // More than the kernel takes off us for a client that does not read.
  std::vector<std::unique_ptr<RawClient>> slow;
  std::size_t refused = 0;
  for (int i = 0; i < 3; ++i) {
    slow.push_back(std::make_unique<RawClient>(server->port()));
    slow.back()->send("GET /large HTTP/1.1\r\n\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  CHECK(http::test::get(server->port(), "/small").body.size() == 1000);
  for (const auto& client : slow) {
    const Answer answer = client->read_answer();
    if (answer.status == 200) {
      CHECK(answer.body.size() == 2'000'000);
    } else {
      CHECK(answer.status == 503);
      CHECK(answer.head.find("Retry-After: 1") != std::string::npos);
      ++refused;
    }
  }
  CHECK(refused == 2);
  CHECK(http::test::get(server->port(), "/large").status == 200);
}

TEST_CASE("threads of the server take over the signal mask", "[http]") {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto server = start({}, [](const http::Request&) {
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    return http::text_response(sigismember(&mask, SIGTERM) == 1 ? 200 : 500, "");
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  CHECK(http::test::get(server->port(), "/").status == 200);
}
