// The bytes of a connection through the real server and its engine, over loopback: each input is a
// connection, on which all is sent at once and nothing comes after. The engine itself is not
// instrumented, so it is steered by what it hands on.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/unique_fd.hpp"
#include "fuzz.hpp"
#include "http/accept.hpp"
#include "http/answer.hpp"
#include "http/pages.hpp"
#include "http/query.hpp"
#include "http/router.hpp"
#include "http/server.hpp"

using namespace kcommons;
using namespace kcommons::http;
using namespace kcommons::fuzz;

namespace {

Response page(const Request& request) {
  constexpr std::array<std::string_view, 2> kKnown{"warn", "crit"};
  for (const std::string* text : {&request.method, &request.path, &request.query}) {
    demand(text->find('\0') == std::string::npos, "a request has no NUL");
    demand(text->find('\n') == std::string::npos, "a request's line has no other");
  }
  const auto query = parse_query(request.query, kKnown);
  if (!query) return text_response(400, query.error().message() + "\n");
  (void)choose_exposition(request.header("accept").value_or(""));
  (void)accepts_gzip(request.header("accept-encoding"));
  return text_response(200, "page\n");
}

Server& server() {
  static Server* const kServer = [] {
    Router router;
    router.add("/", page);
    router.add("/metrics", page);
    auto started =
        Server::start({.host = "127.0.0.1", .max_requests = 2, .spare_threads = 2},
                      [router](const Request& request) { return router.handle(request); });
    demand(started.has_value(), "the server starts");
    return started->release();
  }();
  return *kServer;
}

UniqueFd connected() {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server().port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // Ports wait a while for late packets when they are closed, and there are not enough of them for
  // thousands of connections a second, but with each of the addresses 127.x.x.x anew.
  static std::uint32_t count = 0;
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (++count & 0xFFFFU));
  const int late = 1;
  ::setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late);
  demand(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&source), sizeof source) == 0,
         "an address of loopback can be used");
  const timeval patience{.tv_sec = 8, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const int done =
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  // libFuzzer's alarm, by which it finds inputs that take long.
  if (done != 0 && errno == EINTR) return connected();
  if (done != 0) std::perror("connect");
  demand(done == 0, "the server can be reached");
  return socket;
}

std::string answers_to(std::string_view bytes) {
  const UniqueFd socket = connected();
  // The server may answer and close before it has read all.
  (void)::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ::shutdown(socket.get(), SHUT_WR);
  std::string all;
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    demand(got >= 0 || errno == ECONNRESET, "the server ends a connection that has ended");
    if (got <= 0) return all;
    all.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::string all = answers_to(input.rest());
  if (all.empty()) return 0;
  demand(all.starts_with("HTTP/1.1 "), "what comes back is an answer");
  // One without a body says how long it would be.
  if (input.rest().find("HEAD") != std::string_view::npos) return 0;
  AnswerReader reader(1 << 20);
  demand(reader.take(all).has_value() && reader.is_complete(), "the client can read the answer");
  return 0;
}
