// The HTTP server: listens on one address or several and hands each request to one handler.
// HTTP/1.1 and 1.0 with keep-alive, no TLS, no files, no directories, no CGI, no request bodies.
// civetweb carries it, and server.cpp alone knows that.
//
// Threads: handlers run on the engine's threads, several at once. They inherit the signal mask of
// the thread that calls start(), so block signals first. The engine ignores SIGPIPE for the whole
// process. start() and the destructor of all servers of a process must not run at the same time.
//
// Failure: start() says why it cannot listen. A handler that throws is answered with 500, and what
// it threw goes to `log_thrown` alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor_reserve.hpp"
#include "base/result.hpp"
#include "http/message.hpp"
#include "http/sockets.hpp"

namespace kcommons::http {

// Whether the engine can listen on an address of IPv6; it is built with or without, 1.15 of Debian
// 12 without.
bool has_ipv6();
inline constexpr std::string_view kNoIpv6 = "the civetweb here is built without IPv6";

struct ServerOptions {
  std::string host;            // an address or a host name; empty is every address of IPv4
  std::uint16_t port = 0;      // 0 lets the kernel choose
  std::vector<Endpoint> more;  // to listen on too
  // Requests whose answers are made at once; one more is told 503.
  unsigned max_requests = 40;
  // Of answers that are on their way and that no other shares, all together; one more, unless it is
  // the only one, is told 503: who takes an answer slowly holds its memory.
  std::size_t max_unsent_bytes = std::size_t{16} << 20U;
  // A connection holds a thread of the engine as long as it is open. These are beside those for
  // max_requests: for clients that are idle, or slow, and for the one over the limit.
  unsigned spare_threads = 40;
  // While all threads are taken, a client that sends no request may keep its own for so long, and
  // one that takes no more of its answer four times as long.
  std::chrono::milliseconds patience{50};
  // For a client to send the headers of its first request, and to take more of an answer.
  std::chrono::milliseconds request_timeout{5000};
  // For a whole answer to be taken, and about request_timeout more. Prometheus gives up a scrape
  // after ten seconds by default.
  std::chrono::milliseconds send_timeout{10000};
  // Longer than the usual scrape interval of a minute: a scraper that keeps its connection needs
  // no new descriptor here, which counts when the machine has none left.
  std::chrono::milliseconds keep_alive_timeout{90000};
  // Of which some are given up for clients when no descriptor can be opened. Must outlive the
  // server; null: none.
  DescriptorReserve* reserve = nullptr;
  // Where the engine's complaints go, and what handlers threw: a printable line each, from any
  // thread; empty: nowhere.
  std::function<void(std::string_view)> log;
  std::function<void(std::string_view)> log_thrown;
};

class Server final {
 public:
  // Listening when it returns.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options, Handler handler);

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Ends all connections and waits for handlers that are running; clients are not waited for.
  ~Server();

  // The port listened on, also when 0 was asked for; of the first address.
  [[nodiscard]] std::uint16_t port() const { return ports().front(); }
  // Of every address, in the order of the options.
  [[nodiscard]] const std::vector<std::uint16_t>& ports() const;

 private:
  struct Engine;
  explicit Server(std::unique_ptr<Engine> engine);

  std::unique_ptr<Engine> engine_;
};

}  // namespace kcommons::http
