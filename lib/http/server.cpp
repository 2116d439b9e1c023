#include "http/server.hpp"

#include <arpa/inet.h>
#include <civetweb.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "http/accept_guard.hpp"
#include "http/connections.hpp"
#include "http/pages.hpp"
#include "http/sockets.hpp"
#include "http/wire.hpp"

namespace kcommons::http {

namespace {

// An answer up to this size goes out in one write, headers and all; a larger one in pieces, so
// that send_timeout is looked at between them.
constexpr std::size_t kPiece = std::size_t{64} * 1024;

// A request that is longer, headers included, is refused by the engine with a 4xx.
constexpr const char* kMaxRequestBytes = "16384";

std::string view_or_empty(const char* text) {
  return text == nullptr ? "" : text;
}

Request request_of(const mg_request_info& info) {
  Request request;
  request.method = view_or_empty(info.request_method);
  // Raw: the engine would decode it and clean it of dots, and paths here are exact.
  request.path = view_or_empty(info.local_uri_raw);
  request.query = view_or_empty(info.query_string);
  request.peer = info.remote_addr;
  for (int i = 0; i < info.num_headers; ++i) {
    const mg_header& header = info.http_headers[i];
    request.headers.emplace_back(view_or_empty(header.name), view_or_empty(header.value));
  }
  return request;
}

bool write_all(mg_connection* connection, std::string_view bytes) {
  if (bytes.empty()) return true;
  const int written = mg_write(connection, bytes.data(), bytes.size());
  return written > 0 && static_cast<std::size_t>(written) == bytes.size();
}

bool write_until(mg_connection* connection, std::string_view bytes, SteadyTime deadline) {
  while (!bytes.empty()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    if (!write_all(connection, bytes.substr(0, kPiece))) return false;
    bytes.remove_prefix(std::min(bytes.size(), kPiece));
  }
  return true;
}

SteadyTime steady_now() {
  return std::chrono::steady_clock::now();
}

Connections::Ends ends_of(const mg_request_info& info) {
  Connections::Ends ends;
  ends.local_port = static_cast<std::uint16_t>(info.server_port);
  ends.peer.sin_family = AF_INET;
  ends.peer.sin_port = htons(static_cast<std::uint16_t>(info.remote_port));
  inet_pton(AF_INET, info.remote_addr, &ends.peer.sin_addr);
  return ends;
}

}  // namespace

struct Server::Engine {
  Engine(const ServerOptions& given, Handler called)
      : options(given),
        handler(std::move(called)),
        threads(given.max_requests + std::max(given.spare_threads, 2U)),
        connections(threads, {.one =
                                  [](const Connections::Ends& ends) {
                                    shut_down(find_connection(ends.local_port, ends.peer));
                                  },
                              .all = [this] { shut_down_connections(port); }}) {}
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  Result<void> listen(const sockaddr_in& address);
  int answer(mg_connection* connection) noexcept;
  Response respond(const Request& request, unsigned in_flight_now) const;
  void send(mg_connection* connection, const Request& request, const Response& response) const;
  void log(std::string_view message) const;

  // What civetweb calls. It is C: nothing may be thrown through it.
  static mg_callbacks callbacks();
  static Engine& of(const mg_connection* connection);
  static int on_init_connection(const mg_connection* connection, void** data) noexcept;
  static void on_connection_closed(const mg_connection* connection) noexcept;
  static void on_connection_close(const mg_connection* connection) noexcept;
  static int on_begin_request(mg_connection* connection) noexcept;
  static int on_http_error(mg_connection* connection, int status, const char* message) noexcept;
  static int on_log_message(const mg_connection* connection, const char* message) noexcept;

  const ServerOptions options;
  const Handler handler;
  const unsigned threads;
  Connections connections;
  std::atomic<unsigned> in_flight{0};
  std::uint16_t port = 0;
  int listener = -1;
  std::optional<AcceptGuard> guard;
  bool library_in_use = false;
  mg_context* context = nullptr;
};

Server::Engine::~Engine() {
  if (context != nullptr) {
    guard.reset();
    // civetweb's threads look at its stop flag only when a wait ends: end all waits.
    shut_down(listener);
    connections.cut_off_all();
    mg_stop(context);
  }
  if (library_in_use) mg_exit_library();
}

Result<void> Server::Engine::listen(const sockaddr_in& address) {
  const std::string where = display_address(options.host, options.port);
  // The library counts its users. TLS is the one feature that this call would set up; files are
  // always built in, so that 0 can only be a failure.
  library_in_use = mg_init_library(MG_FEATURES_FILES) != 0;
  // Never with a trailing 's': TLS was built for another OpenSSL than Debian's, and crashes.
  const std::string ports = fmt::format("{}:{}", numeric_host(address), options.port);
  const std::string thread_count = fmt::format("{}", threads);
  const std::string request_timeout = fmt::format("{}", options.request_timeout.count());
  const std::string keep_alive_timeout = fmt::format("{}", options.keep_alive_timeout.count());
  // Without a document_root there are no files to serve. on_begin_request answers every request,
  // so that nothing else of civetweb ever does.
  // clang-format off
  std::array settings{
      "listening_ports", ports.c_str(),
      "num_threads", thread_count.c_str(),
      "request_timeout_ms", request_timeout.c_str(),
      "keep_alive_timeout_ms", keep_alive_timeout.c_str(),
      "max_request_size", kMaxRequestBytes,
      "enable_keep_alive", "yes",
      "tcp_nodelay", "1",
      "decode_url", "no",
      "enable_auth_domain_check", "no",
      "enable_directory_listing", "no",
      static_cast<const char*>(nullptr)};
  // clang-format on
  const mg_callbacks calls = callbacks();
  mg_init_data init{&calls, this, settings.data()};
  std::array<char, 256> reason{};
  mg_error_data error{nullptr, reason.data(), reason.size()};
  context = library_in_use ? mg_start2(&init, &error) : nullptr;
  mg_server_port listening{};
  if (context == nullptr || mg_get_server_ports(context, 1, &listening) != 1) {
    return fail(Error::other(
        fmt::format("listen on {}: civetweb: {}", where, text::printable(reason.data()))));
  }
  port = static_cast<std::uint16_t>(listening.port);
  sockaddr_in chosen = address;
  chosen.sin_port = htons(port);
  listener = find_listener(chosen);
  if (options.reserve != nullptr) guard.emplace(std::vector<int>{listener}, *options.reserve);
  return {};
}

int Server::Engine::answer(mg_connection* connection) noexcept {
  int status = 500;
  const mg_request_info& info = *mg_get_request_info(connection);
  connections.request_begins(connection, ends_of(info));
  const unsigned in_flight_now = in_flight.fetch_add(1) + 1;
  try {
    const Request request = request_of(info);
    const Response response = respond(request, in_flight_now);
    status = response.status;
    send(connection, request, response);
  } catch (const std::exception& error) {
    mg_disable_connection_keep_alive(connection);
    log(error.what());
  }
  in_flight.fetch_sub(1);
  connections.request_ends(connection, steady_now());
  return status;
}

Response Server::Engine::respond(const Request& request, unsigned in_flight_now) const {
  if (in_flight_now > options.max_requests) {
    return text_response(503, fmt::format("more than {} requests at once\n", options.max_requests));
  }
  std::string why;
  try {
    return handler(request);
  } catch (const std::exception& error) {
    why = error.what();
  } catch (...) {
    why = "something that is no std::exception";
  }
  log(fmt::format("the handler of {} threw: {}", request.path, why));
  return text_response(500, "internal error\n");
}

void Server::Engine::send(mg_connection* connection, const Request& request,
                          const Response& response) const {
  const bool keep_alive =
      allows_keep_alive(request, view_or_empty(mg_get_request_info(connection)->http_version));
  std::string first = response_head(response, keep_alive, std::chrono::system_clock::now());
  std::vector<std::string_view> rest;
  if (request.method != "HEAD") {
    rest.emplace_back(response.body);
    for (const auto& part : response.parts) rest.emplace_back(*part);
  }
  if (length_of(response) <= kPiece) {
    for (const std::string_view bytes : std::exchange(rest, {})) first += bytes;
  }
  const SteadyTime deadline = steady_now() + options.send_timeout;
  const bool sent =
      write_all(connection, first) && std::ranges::all_of(rest, [&](std::string_view bytes) {
        return write_until(connection, bytes, deadline);
      });
  if (!sent || !keep_alive) mg_disable_connection_keep_alive(connection);
}

void Server::Engine::log(std::string_view message) const {
  if (options.log) options.log(text::printable(message));
}

mg_callbacks Server::Engine::callbacks() {
  mg_callbacks calls{};
  calls.init_connection = &on_init_connection;
  calls.connection_close = &on_connection_close;
  calls.connection_closed = &on_connection_closed;
  calls.begin_request = &on_begin_request;
  calls.http_error = &on_http_error;
  calls.log_message = &on_log_message;
  return calls;
}

Server::Engine& Server::Engine::of(const mg_connection* connection) {
  return *static_cast<Engine*>(mg_get_user_context_data(connection));
}

int Server::Engine::on_init_connection(const mg_connection* connection, void** /*data*/) noexcept {
  of(connection).connections.opened(connection);
  return 0;
}

void Server::Engine::on_connection_close(const mg_connection* connection) noexcept {
  of(connection).connections.closed(connection);
}

// Its descriptor is free now, until somebody else takes it.
void Server::Engine::on_connection_closed(const mg_connection* connection) noexcept {
  try {
    if (DescriptorReserve* const reserve = of(connection).options.reserve) reserve->refill();
  } catch (const std::exception& error) {
    of(connection).log(error.what());
  }
}

int Server::Engine::on_begin_request(mg_connection* connection) noexcept {
  return of(connection).answer(connection);
}

// A request that civetweb refuses. Its message may repeat what the client sent, and is not sent.
int Server::Engine::on_http_error(mg_connection* connection, int status,
                                  const char* /*message*/) noexcept {
  mg_disable_connection_keep_alive(connection);
  try {
    const Response response = text_response(status, fmt::format("{}\n", reason_phrase(status)));
    write_all(connection,
              response_head(response, false, std::chrono::system_clock::now()) + response.body);
  } catch (const std::exception& error) {
    of(connection).log(error.what());
  }
  return 0;
}

int Server::Engine::on_log_message(const mg_connection* connection, const char* message) noexcept {
  of(connection).log(message);
  return 1;  // written already, so that civetweb does not
}

Server::Server(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Handler handler) {
  auto address = listen_check(options.host, options.port);
  if (!address) return fail(address.error());
  auto engine = std::make_unique<Engine>(options, std::move(handler));
  auto listening = engine->listen(*address);
  if (!listening) return fail(listening.error());
  return std::unique_ptr<Server>(new Server(std::move(engine)));
}

std::uint16_t Server::port() const {
  return engine_->port;
}

}  // namespace kcommons::http
