#include "http/accept_guard.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/descriptor_reserve.hpp"
#include "base/unique_fd.hpp"
#include "http/pages.hpp"
#include "http/server.hpp"
#include "no_more_descriptors.hpp"

using namespace kcommons;
using test::NoMoreDescriptors;

namespace {

// A client whose descriptor is there before there are no more. Nothing is checked until there are
// again: UBSan opens a pipe to look at an object of Catch.
class Client final {
 public:
  Client() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
  bool ask(std::uint16_t port) const {
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* const address = reinterpret_cast<const sockaddr*>(&server);
    if (::connect(socket_.get(), address, sizeof(server)) != 0) return false;
    constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    const ssize_t sent = ::send(socket_.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL);
    return sent == static_cast<ssize_t>(kRequest.size());
  }
  // All that comes; empty where nothing does in time.
  [[nodiscard]] std::string read(int flags = 0) const {
    std::string all;
    std::array<char, 4096> piece{};
    for (ssize_t size = 1; size > 0;) {
      size = ::recv(socket_.get(), piece.data(), piece.size(), flags);
      if (size > 0) all.append(piece.data(), static_cast<std::size_t>(size));
    }
    return all;
  }

 private:
  UniqueFd socket_;
};

}  // namespace

TEST_CASE("new clients are answered when no descriptor can be opened", "[http][no-valgrind]") {
  DescriptorReserve reserve(2, {});
  http::ServerOptions options;
  options.host = "127.0.0.1";
  options.reserve = &reserve;
  const auto server = http::Server::start(
      options, [](const http::Request&) { return http::text_response(200, "here\n"); });
  REQUIRE(server);
  // More of them than the reserve has: each that goes gives back what it had.
  std::vector<Client> clients(5);
  std::vector<std::string> answers;
  {
    const NoMoreDescriptors none;
    for (const Client& client : clients) {
      answers.push_back(client.ask((*server)->port()) ? client.read() : "not asked");
    }
  }
  for (const std::string& answer : answers) CHECK_THAT(answer, Catch::EndsWith("here\n"));
}

TEST_CASE("without a reserve a client waits until there is a descriptor again",
          "[http][no-valgrind]") {
  http::ServerOptions options;
  options.host = "127.0.0.1";
  const auto server = http::Server::start(
      options, [](const http::Request&) { return http::text_response(200, "here\n"); });
  REQUIRE(server);
  const Client client;
  UniqueFd spare(::dup(0));
  std::string early;
  std::string answer = "not asked";
  {
    const NoMoreDescriptors none;
    if (client.ask((*server)->port())) {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      early = client.read(MSG_DONTWAIT);
      spare.reset();
      answer = client.read();
    }
  }
  CHECK(early.empty());
  CHECK_THAT(answer, Catch::EndsWith("here\n"));
}
