#include "http/server.hpp"

#include <civetweb.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

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

// Connections that the kernel keeps for the engine to accept. By default there are fewer, and a
// client beyond that tries again after a second.
constexpr const char* kBacklog = "1024";

// Of an answer in the kernel, for each connection. It would take megabytes, also for a client that
// takes nothing, and whom nobody could then tell from one that is done.
constexpr int kUnsentBytes = 128 * 1024;

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

// As the engine takes it. Never with a trailing 's': TLS was built for another OpenSSL than
// Debian's, and crashes.
std::string listening_port(const SocketAddress& address) {
  return shown({.host = numeric_host(address), .port = port_of(address)});
}

// Of a connection that is open. The engine sets where it comes from before it says that there is
// one, and shows that as soon as on_init_connection has returned.
bool cut_off(const void* connection, Connections::State state) {
  const auto* const info = mg_get_request_info(static_cast<const mg_connection*>(connection));
  if (info == nullptr) return false;
  const int fd = find_connection(static_cast<std::uint16_t>(info->server_port), info->remote_addr,
                                 static_cast<std::uint16_t>(info->remote_port));
  if (fd < 0) return false;
  const bool is_sending = state == Connections::State::kSending;
  if (is_sending ? has_room(fd) : has_input(fd)) return false;
  // One that is idle may still take the end of its last answer.
  if (state != Connections::State::kIdle) reset_at_close(fd);
  shut_down(fd);
  return true;
}

// Counts a request while its answer is made.
class InFlight final {
 public:
  explicit InFlight(std::atomic<unsigned>& all) : count(all.fetch_add(1) + 1), all_(all) {}
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  ~InFlight() { all_.fetch_sub(1); }

  const unsigned count;  // with this one

 private:
  std::atomic<unsigned>& all_;
};

// Counts the bytes of an answer of its own while it is sent. Small ones are not worth it.
class Unsent final {
 public:
  Unsent(std::atomic<std::size_t>& all, std::size_t bytes)
      : bytes_(bytes > kPiece ? bytes : 0), before_(all.fetch_add(bytes_)), all_(all) {}
  Unsent(const Unsent&) = delete;
  Unsent& operator=(const Unsent&) = delete;
  ~Unsent() { all_.fetch_sub(bytes_); }

  [[nodiscard]] bool is_within(std::size_t most) const {
    return bytes_ == 0 || before_ == 0 || before_ + bytes_ <= most;
  }

 private:
  const std::size_t bytes_;
  const std::size_t before_;
  std::atomic<std::size_t>& all_;
};

}  // namespace

bool has_ipv6() {
  return mg_check_feature(MG_FEATURES_IPV6) != 0;
}

struct Server::Engine {
  Engine(const ServerOptions& given, Handler called)
      : options(given),
        handler(std::move(called)),
        threads(given.max_requests + std::max(given.spare_threads, 2U)),
        connections(threads, given.patience,
                    {.one = &cut_off,
                     .all =
                         [this] {
                           for (const std::uint16_t port : ports) shut_down_connections(port);
                         }},
                    &std::chrono::steady_clock::now) {}
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  Result<void> listen(std::span<const SocketAddress> addresses);
  int answer(mg_connection* connection) noexcept;
  Response respond(const Request& request);
  void send(mg_connection* connection, const Request& request, const Response& response);
  bool send_until(mg_connection* connection, std::string_view bytes, SteadyTime deadline);
  // Where there is no memory for it, the line is lost.
  void log(std::string_view message) const noexcept;
  void log_thrown(std::string_view path, std::string_view what) const noexcept;

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
  std::atomic<std::size_t> unsent_bytes{0};
  std::vector<std::uint16_t> ports;
  std::vector<int> listeners;
  std::optional<AcceptGuard> guard;
  bool library_in_use = false;
  mg_context* context = nullptr;
};

Server::Engine::~Engine() {
  if (context != nullptr) {
    guard.reset();
    // civetweb's threads look at its stop flag only when a wait ends: end all waits.
    for (const int listener : listeners) shut_down(listener);
    connections.cut_off_all();
    mg_stop(context);
  }
  if (library_in_use) mg_exit_library();
}

Result<void> Server::Engine::listen(std::span<const SocketAddress> addresses) {
  // The library counts its users. TLS is the one feature that this call would set up; files are
  // always built in, so that 0 can only be a failure.
  library_in_use = mg_init_library(MG_FEATURES_FILES) != 0;
  std::vector<std::string> all;
  for (const SocketAddress& address : addresses) all.push_back(listening_port(address));
  const std::string where = fmt::format("{}", fmt::join(all, ","));
  const std::string thread_count = fmt::format("{}", threads);
  const std::string request_timeout = fmt::format("{}", options.request_timeout.count());
  const std::string keep_alive_timeout = fmt::format("{}", options.keep_alive_timeout.count());
  // Without a document_root there are no files to serve. on_begin_request answers every request,
  // so that nothing else of civetweb ever does.
  // clang-format off
  std::array settings{
      "listening_ports", where.c_str(),
      "listen_backlog", kBacklog,
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
  const int count = static_cast<int>(addresses.size());
  std::vector<mg_server_port> listening(addresses.size());
  if (context == nullptr || mg_get_server_ports(context, count, listening.data()) != count) {
    return fail(Error::other(
        fmt::format("listen on {}: civetweb: {}", where, text::printable(reason.data()))));
  }
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    ports.push_back(static_cast<std::uint16_t>(listening[i].port));
    listeners.push_back(find_listener(numeric_host(addresses[i]), ports[i]));
    limit_unsent(listeners[i], kUnsentBytes);
  }
  if (options.reserve != nullptr) guard.emplace(listeners, *options.reserve);
  return {};
}

int Server::Engine::answer(mg_connection* connection) noexcept {
  int status = 500;
  const mg_request_info& info = *mg_get_request_info(connection);
  connections.request_begins(connection);
  try {
    const Request request = request_of(info);
    Response response = respond(request);
    const Unsent unsent(unsent_bytes, response.body.size());
    if (!unsent.is_within(options.max_unsent_bytes)) {
      response = busy_response("too many answers wait to be taken\n");
    }
    status = response.status;
    send(connection, request, response);
  } catch (const std::exception& error) {
    mg_disable_connection_keep_alive(connection);
    log(error.what());
  }
  connections.request_ends(connection);
  return status;
}

Response Server::Engine::respond(const Request& request) {
  const InFlight current(in_flight);
  if (current.count > options.max_requests) {
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
  log_thrown(request.path, why);
  return text_response(500, "internal error\n");
}

void Server::Engine::send(mg_connection* connection, const Request& request,
                          const Response& response) {
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
  const SteadyTime deadline = std::chrono::steady_clock::now() + options.send_timeout;
  const bool sent = send_until(connection, first, deadline) &&
                    std::ranges::all_of(rest, [&](std::string_view bytes) {
                      return send_until(connection, bytes, deadline);
                    });
  if (!sent || !keep_alive) mg_disable_connection_keep_alive(connection);
}

bool Server::Engine::send_until(mg_connection* connection, std::string_view bytes,
                                SteadyTime deadline) {
  while (!bytes.empty()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    connections.part_taken(connection);
    if (!write_all(connection, bytes.substr(0, kPiece))) return false;
    bytes.remove_prefix(std::min(bytes.size(), kPiece));
  }
  return true;
}

void Server::Engine::log(std::string_view message) const noexcept {
  try {
    if (options.log) options.log(text::printable(message));
  } catch (const std::exception&) {
    return;
  }
}

void Server::Engine::log_thrown(std::string_view path, std::string_view what) const noexcept {
  try {
    if (options.log_thrown) {
      options.log_thrown(text::printable(fmt::format("{}: {}", path, what)));
    }
  } catch (const std::exception&) {
    return;
  }
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
  std::vector<Endpoint> endpoints{{.host = options.host, .port = options.port}};
  endpoints.insert(endpoints.end(), options.more.begin(), options.more.end());
  for (const Endpoint& endpoint : endpoints) {
    if (!is_ipv6(endpoint) || has_ipv6()) continue;
    return fail(Error::other(fmt::format("listen on {}: {}", shown(endpoint), kNoIpv6)));
  }
  const auto addresses = listen_check(endpoints);
  if (!addresses) return fail(addresses.error());
  auto engine = std::make_unique<Engine>(options, std::move(handler));
  auto listening = engine->listen(*addresses);
  if (!listening) return fail(listening.error());
  return std::unique_ptr<Server>(new Server(std::move(engine)));
}

const std::vector<std::uint16_t>& Server::ports() const {
  return engine_->ports;
}

}  // namespace kcommons::http
