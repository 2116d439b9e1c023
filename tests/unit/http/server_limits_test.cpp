// The server under clients that are slow, many or gone. The timeouts of the engine are set far
// beyond the patience of the test, so that none of this works by waiting for them.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "http/pages.hpp"
#include "http/server.hpp"
#include "parts.hpp"
#include "raw_client.hpp"

namespace http = kcommons::http;
using http::test::Answer;
using http::test::RawClient;
using std::chrono::steady_clock;

namespace {

http::ServerOptions patient_options() {
  http::ServerOptions options;
  options.host = "127.0.0.1";
  options.request_timeout = std::chrono::minutes(10);
  options.send_timeout = std::chrono::minutes(10);
  options.keep_alive_timeout = std::chrono::minutes(10);
  return options;
}

std::unique_ptr<http::Server> start(const http::ServerOptions& options, http::Handler handler) {
  auto server = http::Server::start(options, std::move(handler));
  REQUIRE(server);
  return std::move(*server);
}

http::Response ok(const http::Request& /*request*/) {
  return http::text_response(200, "ok\n");
}

constexpr std::string_view kHalfARequest = "GET /metrics HTTP/1.1\r\nHost:";

// Opens once; until then, wait() waits.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

// Until `condition` holds, but not for ever.
template <typename Condition>
bool eventually(Condition condition) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

TEST_CASE("half-sent requests do not stop a scrape", "[http]") {
  const auto server = start(patient_options(), ok);
  std::list<RawClient> half_open;
  for (int i = 0; i < 20; ++i) half_open.emplace_back(server->port()).send(kHalfARequest);
  CHECK(http::test::get(server->port(), "/metrics").status == 200);
}

TEST_CASE("more clients than threads that send no request do not stop a scrape", "[http]") {
  http::ServerOptions options = patient_options();
  options.max_requests = 2;
  options.spare_threads = 2;
  const auto server = start(options, ok);
  std::list<RawClient> slow;
  for (int i = 0; i < 20; ++i) slow.emplace_back(server->port());
  SECTION("nothing of it") {}
  SECTION("half of it") {
    for (RawClient& client : slow) client.send(kHalfARequest);
  }
  SECTION("but one before") {
    RawClient& served = slow.emplace_back(server->port());
    CHECK(served.get("/").status == 200);
    served.send(kHalfARequest);
  }
  for (int i = 0; i < 5; ++i) CHECK(http::test::get(server->port(), "/metrics").status == 200);
}

TEST_CASE("more clients than threads that take no answer do not stop a scrape", "[http]") {
  http::ServerOptions options = patient_options();
  options.max_requests = 8;
  options.spare_threads = 2;
  const auto big = http::test::one(std::string(4U << 20U, 'x'));
  const auto server = start(options, [&big](const http::Request& request) {
    return request.path == "/big" ? http::metrics_response(big, {}, false)
                                  : http::text_response(200, "ok");
  });
  std::list<RawClient> not_reading;
  for (int i = 0; i < 20; ++i) {
    not_reading.emplace_back(server->port(), std::chrono::seconds(20), 4096)
        .send("GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }
  for (int i = 0; i < 5; ++i) CHECK(http::test::get(server->port(), "/metrics").status == 200);
  // Those who read after all have an answer or the end of it, not a part that looks whole.
  for (RawClient& client : not_reading) {
    const std::string got = client.read_to_end();
    CHECK((got.size() > (4U << 20U) || got.size() < (1U << 20U)));
  }
}

TEST_CASE("two half-sent requests take nothing from anyone", "[http]") {
  const auto server = start(patient_options(), ok);
  RawClient first(server->port());
  RawClient second(server->port());
  first.send(kHalfARequest);
  second.send(kHalfARequest);
  for (int i = 0; i < 10; ++i) CHECK(http::test::get(server->port(), "/").status == 200);
  first.send(" x\r\n\r\n");
  CHECK(first.read_answer().status == 200);
}

TEST_CASE("idle keep-alive connections do not stop a scrape", "[http]") {
  http::ServerOptions options = patient_options();
  options.max_requests = 8;
  options.spare_threads = 2;
  const auto server = start(options, ok);
  std::list<RawClient> idle;
  for (int i = 0; i < 20; ++i) {
    CHECK(idle.emplace_back(server->port()).get("/").status == 200);
  }
  CHECK(http::test::get(server->port(), "/").status == 200);
  // The newest of them is still served.
  CHECK(idle.back().get("/").status == 200);
}

TEST_CASE("a request that is never finished ends by its timeout", "[http]") {
  http::ServerOptions options = patient_options();
  options.request_timeout = std::chrono::milliseconds(50);
  const auto server = start(options, ok);
  RawClient client(server->port());
  client.send(kHalfARequest);
  CHECK(client.read_to_end().starts_with("HTTP/1.1 400 "));
}

TEST_CASE("an answer that is not taken is given up", "[http]") {
  http::ServerOptions options = patient_options();
  options.max_requests = 3;
  options.spare_threads = 2;
  options.patience = std::chrono::minutes(10);
  options.request_timeout = std::chrono::milliseconds(50);
  const auto big = http::test::one(std::string(8U << 20U, 'x'));
  std::atomic<int> entered = 0;
  const auto server = start(options, [&](const http::Request& request) {
    if (request.path != "/big") return http::text_response(200, "ok\n");
    ++entered;
    return http::metrics_response(big, {}, false);
  });
  std::list<RawClient> not_reading;
  for (int i = 1; i <= 4; ++i) {
    not_reading.emplace_back(server->port(), std::chrono::seconds(3), 4096)
        .send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(eventually([&] { return entered == i; }));
  }
  // The last thread waits for one of the four that nobody reads from.
  CHECK(http::test::get(server->port(), "/").status == 200);
  // What is on its way already still comes, but of one of them the whole answer never does. (TCP
  // may have backed off for longer than this client waits for the end of the connection.)
  CHECK(std::ranges::any_of(not_reading, [](RawClient& client) {
    try {
      return client.read_answer().status != 200;
    } catch (const std::exception&) {
      return true;
    }
  }));
}

TEST_CASE("one request over the limit is told so at once", "[http]") {
  http::ServerOptions options = patient_options();
  options.max_requests = 2;
  Gate gate;
  std::atomic<int> entered = 0;
  const auto server = start(options, [&](const http::Request&) {
    ++entered;
    gate.wait();
    return http::text_response(200, "ok\n");
  });
  std::list<RawClient> waiting;
  for (int i = 0; i < 2; ++i) {
    waiting.emplace_back(server->port()).send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  const bool both_entered = eventually([&] { return entered == 2; });
  const Answer refused = http::test::get(server->port(), "/");
  gate.open();
  REQUIRE(both_entered);
  CHECK(refused.status == 503);
  CHECK(refused.body == "more than 2 requests at once\n");
  for (RawClient& client : waiting) CHECK(client.read_answer().status == 200);
  // The server counts a request for a moment longer than its client does.
  CHECK(eventually([&] { return http::test::get(server->port(), "/").status == 200; }));
}

TEST_CASE("stopping does not wait for clients", "[http]") {
  auto server = start(patient_options(), [](const http::Request& request) {
    return http::text_response(200, request.path == "/big" ? std::string(64U << 20U, 'x') : "ok");
  });
  RawClient idle(server->port());
  CHECK(idle.get("/").status == 200);
  RawClient half_sent(server->port());
  half_sent.send(kHalfARequest);
  RawClient silent(server->port());
  RawClient not_reading(server->port(), std::chrono::seconds(20), 4096);
  not_reading.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(http::test::get(server->port(), "/").status == 200);

  const auto before = steady_clock::now();
  server.reset();
  const auto taken = steady_clock::now() - before;
  CHECK(taken < std::chrono::seconds(1));
  CHECK(idle.read_to_end().empty());
}

TEST_CASE("stopping an idle server is quick", "[http]") {
  auto server = start(patient_options(), ok);
  CHECK(http::test::get(server->port(), "/").status == 200);
  const auto before = steady_clock::now();
  server.reset();
  CHECK(steady_clock::now() - before < std::chrono::seconds(1));
}

TEST_CASE("clients that go away at any point do no harm", "[http]") {
  const auto server = start(patient_options(), [](const http::Request&) {
    return http::text_response(200, std::string(1U << 20U, 'x'));
  });
  for (int i = 0; i < 200; ++i) {
    RawClient client(server->port());
    if (i % 4 == 1) client.send(kHalfARequest);
    if (i % 4 == 2) client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    if (i % 4 == 3) client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n\r\n");
  }
  // Some of them may still be in flight, and count.
  CHECK(eventually([&] { return http::test::get(server->port(), "/").status == 200; }));
}

TEST_CASE("eight clients at once all get the whole answer", "[http]") {
  std::string body;
  while (body.size() < 1U << 20U)
    body += "metric{number=\"" + std::to_string(body.size()) + "\"} 1\n";
  const auto server = start(patient_options(), [&body](const http::Request&) {
    return http::metrics_response(http::test::one(body), {}, false);
  });
  std::atomic<int> equal = 0;
  std::vector<std::thread> clients;
  clients.reserve(8);
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      try {
        RawClient client(server->port());
        for (int j = 0; j < 200; ++j) {
          if (client.get("/metrics").body == body) ++equal;
        }
      } catch (const std::exception&) {
        return;  // what is missing in `equal` tells
      }
    });
  }
  for (std::thread& client : clients) client.join();
  CHECK(equal == 8 * 200);
}
