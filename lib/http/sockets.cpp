#include "http/sockets.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>

#include "base/unique_fd.hpp"

namespace kcommons::http {

namespace {

// The kernel hands out the lowest free number, so a socket above this would mean that the process
// has this many descriptors open.
constexpr rlim_t kHighestSought = 65536;

sockaddr* generic(sockaddr_in& address) {
  return reinterpret_cast<sockaddr*>(&address);  // NOLINT(*-reinterpret-cast): as bind(2) wants it
}

using NameCall = int (*)(int, sockaddr*, socklen_t*);

// getsockname(2) or getpeername(2); nothing for what is not an IPv4 socket, or has no such name.
std::optional<sockaddr_in> name_of(int fd, NameCall call) {
  sockaddr_in name{};
  socklen_t size = sizeof(name);
  if (call(fd, generic(name), &size) != 0 || name.sin_family != AF_INET) return std::nullopt;
  return name;
}

bool same(const sockaddr_in& left, const sockaddr_in& right) {
  return left.sin_port == right.sin_port && left.sin_addr.s_addr == right.sin_addr.s_addr;
}

bool is_listening(int fd) {
  int listening = 0;
  socklen_t size = sizeof(listening);
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

// The first descriptor that `is_it` says yes to, or -1.
template <typename Predicate>
int find_descriptor(Predicate is_it) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
  const int end = static_cast<int>(std::min(limit.rlim_cur, kHighestSought));
  for (int fd = 0; fd < end; ++fd) {
    if (is_it(fd)) return fd;
  }
  return -1;
}

bool is_at_port(int fd, std::uint16_t local_port) {
  const auto here = name_of(fd, &getsockname);
  return here && ntohs(here->sin_port) == local_port;
}

}  // namespace

Result<sockaddr_in> resolve(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (host.empty() || inet_pton(AF_INET, host.c_str(), &address.sin_addr) == 1) return address;

  addrinfo wanted{};
  wanted.ai_family = AF_INET;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(host.c_str(), nullptr, &wanted, &found);
  if (failed != 0) {
    return fail(Error::other(fmt::format("no IPv4 address: {}", gai_strerror(failed))));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  // NOLINTNEXTLINE(*-reinterpret-cast): of the family that was asked for
  address.sin_addr = reinterpret_cast<const sockaddr_in*>(found->ai_addr)->sin_addr;
  return address;
}

std::string display_address(const std::string& host, std::uint16_t port) {
  return fmt::format("{}:{}", host, port);
}

Result<sockaddr_in> listen_check(const std::string& host, std::uint16_t port) {
  auto address = resolve(host, port);
  if (!address) return fail(address.error().during("listen on " + display_address(host, port)));
  const auto refuse = [&] {
    return fail(Error::from_errno(errno, "listen on " + display_address(host, port)));
  };
  const UniqueFd probe(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!probe.is_open()) return refuse();
  // As the engine sets it: a port whose last connections are in TIME_WAIT is free, one that
  // somebody listens on is not (socket(7)).
  const int on = 1;
  setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(probe.get(), generic(*address), sizeof(sockaddr_in)) != 0) return refuse();
  if (listen(probe.get(), 1) != 0) return refuse();
  return address;
}

Result<void> wait_for(int socket, short events, SteadyTime deadline, const char* what) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return fail(Error::from_errno(ETIMEDOUT, what));
    pollfd waiting{.fd = socket, .events = events, .revents = 0};
    constexpr std::chrono::milliseconds kLongest{1000};
    const int ready = poll(&waiting, 1, static_cast<int>(std::min(left, kLongest).count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return fail(Error::from_errno(errno, what));
  }
}

Result<UniqueFd> connect_to(sockaddr_in address, SteadyTime deadline) {
  const auto refuse = [](int why) { return fail(Error::from_errno(why, "connect")); };
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return refuse(errno);
  if (connect(fd.get(), generic(address), sizeof(address)) == 0) return fd;
  if (errno != EINPROGRESS) return refuse(errno);
  if (auto ready = wait_for(fd.get(), POLLOUT, deadline, "connect"); !ready) {
    return fail(ready.error());
  }
  int why = 0;
  socklen_t size = sizeof(why);
  if (getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &why, &size) != 0) why = errno;
  if (why != 0) return refuse(why);
  return fd;
}

std::string numeric_host(const sockaddr_in& address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
  return text.data();
}

int find_listener(const sockaddr_in& local) {
  return find_descriptor([&](int fd) {
    const auto name = name_of(fd, &getsockname);
    return name && same(*name, local) && is_listening(fd);
  });
}

int find_connection(std::uint16_t local_port, const sockaddr_in& peer) {
  return find_descriptor([&](int fd) {
    if (!is_at_port(fd, local_port)) return false;
    const auto there = name_of(fd, &getpeername);
    return there && same(*there, peer);
  });
}

void shut_down(int socket) {
  if (socket >= 0) shutdown(socket, SHUT_RDWR);
}

void shut_down_connections(std::uint16_t local_port) {
  find_descriptor([&](int fd) {
    if (is_at_port(fd, local_port) && !is_listening(fd)) shut_down(fd);
    return false;  // on to the next
  });
}

}  // namespace kcommons::http
