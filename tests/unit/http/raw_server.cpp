#include "raw_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <stop_token>
#include <system_error>
#include <tuple>
#include <utility>

namespace kcommons::http::test {

namespace {

// A socket at a port of the loopback that the kernel chooses.
std::pair<UniqueFd, std::uint16_t> bound_socket() {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  if (!fd.is_open() || bind(fd.get(), generic, size) != 0 ||
      getsockname(fd.get(), generic, &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "bind");
  }
  return {std::move(fd), ntohs(address.sin_port)};
}

bool wait_for_input(int fd, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, 20) > 0) return true;
  }
  return false;
}

}  // namespace

RawServer::RawServer(Script script) {
  std::tie(listener_, port_) = bound_socket();
  if (listen(listener_.get(), 4) != 0) {
    throw std::system_error(errno, std::generic_category(), "listen");
  }
  thread_ = std::jthread(
      [this, script = std::move(script)](const std::stop_token& stop) { serve(script, stop); });
}

RawServer::~RawServer() = default;

const std::string& RawServer::request() {
  thread_.join();
  return request_;
}

void RawServer::serve(const Script& script, const std::stop_token& stop) {
  if (!wait_for_input(listener_.get(), stop)) return;
  const UniqueFd peer(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  while (request_.find("\r\n\r\n") == std::string::npos) {
    std::array<char, 4096> part;
    if (!wait_for_input(peer.get(), stop)) return;
    const ssize_t size = recv(peer.get(), part.data(), part.size(), 0);
    if (size <= 0) return;
    request_.append(part.data(), static_cast<std::size_t>(size));
  }
  for (std::size_t i = 0; i < script.parts.size() && !stop.stop_requested(); ++i) {
    if (i > 0) std::this_thread::sleep_for(script.pause);
    std::string_view bytes = script.parts[i];
    while (!bytes.empty()) {
      const ssize_t sent = send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  if (!script.close) wait_for_input(peer.get(), stop);  // until the client goes
}

std::uint16_t closed_port() {
  return bound_socket().second;
}

}  // namespace kcommons::http::test
