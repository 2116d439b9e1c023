#include "http/client.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "http/request_text.hpp"
#include "http/sockets.hpp"

namespace kcommons::http {

namespace {

SteadyTime in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

Result<UniqueFd> connect_by_name(const Url& url, SteadyTime deadline,
                                 std::chrono::milliseconds most) {
  const auto address = resolve(url.host, url.port);
  if (!address) return fail(address.error());
  return connect_to(*address, std::min(deadline, in(most)));
}

bool is_early(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

Result<void> send_all(int socket, std::string_view bytes, SteadyTime deadline) {
  while (!bytes.empty()) {
    if (auto ready = wait_for(socket, POLLOUT, deadline, "send"); !ready) return ready;
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (!is_early(errno)) {
      return fail(Error::from_errno(errno, "send"));
    }
  }
  return {};
}

Result<Answer> read_answer(int socket, std::size_t max_body, SteadyTime deadline) {
  AnswerReader reader(max_body);
  std::array<char, std::size_t{64} * 1024> part;
  while (!reader.is_complete()) {
    if (auto ready = wait_for(socket, POLLIN, deadline, "wait for the answer"); !ready) {
      return fail(ready.error());
    }
    const ssize_t size = recv(socket, part.data(), part.size(), 0);
    if (size < 0 && is_early(errno)) continue;
    if (size < 0) return fail(Error::from_errno(errno, "receive"));
    auto taken =
        size == 0 ? reader.end() : reader.take({part.data(), static_cast<std::size_t>(size)});
    if (!taken) return fail(taken.error());
  }
  return std::move(reader).answer();
}

}  // namespace

Result<Answer> get(const Url& url, std::string_view target, const ClientOptions& options) {
  const SteadyTime deadline = in(options.timeout);
  const auto socket = connect_by_name(url, deadline, options.connect_timeout);
  if (!socket) return fail(socket.error());
  if (auto sent = send_all(socket->get(), request_text(url, target), deadline); !sent) {
    return fail(sent.error());
  }
  return read_answer(socket->get(), options.max_body, deadline);
}

}  // namespace kcommons::http
