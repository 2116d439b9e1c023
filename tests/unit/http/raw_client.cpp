#include "raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "base/text.hpp"

namespace kcommons::http::test {

namespace {

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

std::optional<std::string> Answer::header(std::string_view name) const {
  const std::string wanted = "\r\n" + std::string(name) + ": ";
  const std::size_t at = head.find(wanted);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t from = at + wanted.size();
  return head.substr(from, head.find("\r\n", from) - from);
}

RawClient::RawClient(std::uint16_t port, std::chrono::seconds patience, std::size_t receive_buffer)
    : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (!socket_.is_open()) throw_errno("socket");
  const timeval wait{.tv_sec = patience.count(), .tv_usec = 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
  setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
  if (receive_buffer != 0) {
    const int size = static_cast<int>(receive_buffer);
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    throw_errno("connect");
  }
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return false;
    if (sent < 0) throw_errno("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::size_t RawClient::receive_more() {
  std::array<char, 65536> piece;
  const ssize_t size = recv(socket_.get(), piece.data(), piece.size(), 0);
  if (size < 0 && errno == ECONNRESET) return 0;
  if (size < 0) throw_errno("recv");
  received_.append(piece.data(), static_cast<std::size_t>(size));
  return static_cast<std::size_t>(size);
}

Answer RawClient::read_answer(bool expect_body) {
  std::size_t head_end = std::string::npos;
  while ((head_end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (receive_more() == 0) throw std::runtime_error("connection closed before an answer");
  }
  Answer answer;
  answer.head = received_.substr(0, head_end + 4);
  received_.erase(0, head_end + 4);
  answer.status = text::parse_number<int>(answer.head.substr(9, 3)).value_or(0);
  if (!expect_body) return answer;
  const auto length =
      text::parse_number<std::size_t>(answer.header("Content-Length").value_or("none"));
  if (!length) throw std::runtime_error("answer without a Content-Length");
  while (received_.size() < *length) {
    if (receive_more() == 0) throw std::runtime_error("connection closed within a body");
  }
  answer.body = received_.substr(0, *length);
  received_.erase(0, *length);
  return answer;
}

std::string RawClient::read_to_end() {
  while (receive_more() != 0) {
  }
  return std::move(received_);
}

Answer RawClient::get(std::string_view path) {
  send("GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n\r\n");
  return read_answer();
}

Answer get(std::uint16_t port, std::string_view path, std::chrono::seconds patience) {
  return RawClient(port, patience).get(path);
}

}  // namespace kcommons::http::test
