// The HTTP server: listens on one address and hands each request to one handler. HTTP/1.1 and 1.0
// with keep-alive, no TLS, no files, no directories, no CGI, no request bodies. civetweb carries
// it, and server.cpp alone knows that.
//
// Threads: handlers run on the engine's threads, several at once. They inherit the signal mask of
// the thread that calls start(), so block signals first. The engine ignores SIGPIPE for the whole
// process. start() and the destructor of all servers of a process must not run at the same time.
//
// Failure: start() says why it cannot listen. A handler that throws is answered with 500, and what
// it threw goes to `log` alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/descriptor_reserve.hpp"
#include "base/result.hpp"
#include "http/message.hpp"

namespace kcommons::http {

struct ServerOptions {
  std::string host;        // an IPv4 address or a host name; empty is every address
  std::uint16_t port = 0;  // 0 lets the kernel choose
  // Requests that are answered at once; one more is told 503.
  unsigned max_requests = 40;
  // A connection holds a thread of the engine as long as it is open. These are beside those for
  // max_requests: for clients that are idle, or slow to send, and for the one over the limit.
  unsigned spare_threads = 8;
  // For a client to send the headers of its first request, and to take more of an answer.
  std::chrono::milliseconds request_timeout{5000};
  // For a whole answer to be taken. Prometheus gives up a scrape after ten seconds by default.
  std::chrono::milliseconds send_timeout{10000};
  // Longer than the usual scrape interval of a minute: a scraper that keeps its connection needs
  // no new descriptor here, which counts when the machine has none left.
  std::chrono::milliseconds keep_alive_timeout{90000};
  // Of which some are given up for clients when no descriptor can be opened. Must outlive the
  // server; null: none.
  DescriptorReserve* reserve = nullptr;
  // Where the engine's complaints go, a printable line each, from any thread; empty: nowhere.
  std::function<void(std::string_view)> log;
};

class Server final {
 public:
  // Listening when it returns.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options, Handler handler);

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Ends all connections and waits for handlers that are running; clients are not waited for.
  ~Server();

  // The port listened on, also when 0 was asked for.
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct Engine;
  explicit Server(std::unique_ptr<Engine> engine);

  std::unique_ptr<Engine> engine_;
};

}  // namespace kcommons::http
