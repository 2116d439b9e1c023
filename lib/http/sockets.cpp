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
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "base/unique_fd.hpp"

namespace kcommons::http {

namespace {

// The kernel hands out the lowest free number, so a socket above this would mean that the process
// has this many descriptors open.
constexpr rlim_t kHighestSought = 65536;

template <typename Address>
sockaddr* generic(Address& address) {
  return reinterpret_cast<sockaddr*>(&address);  // NOLINT(*-reinterpret-cast): as bind(2) wants it
}

using NameCall = int (*)(int, sockaddr*, socklen_t*);

// getsockname(2) or getpeername(2); nothing for what is no socket of IP, or has no such name.
std::optional<SocketAddress> name_of(int fd, NameCall call) {
  SocketAddress name;
  name.size = sizeof(name.storage);
  if (call(fd, generic(name.storage), &name.size) != 0) return std::nullopt;
  if (name.storage.ss_family != AF_INET && name.storage.ss_family != AF_INET6) return std::nullopt;
  return name;
}

bool is_ready(int socket, short events) {
  pollfd asked{.fd = socket, .events = events, .revents = 0};
  return poll(&asked, 1, 0) > 0;
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
  return here && port_of(*here) == local_port;
}

Result<SocketAddress> address_of(const Endpoint& endpoint) {
  SocketAddress address;
  if (!is_ipv6(endpoint)) {
    const auto found = resolve(endpoint.host, endpoint.port);
    if (!found) return fail(found.error());
    std::memcpy(&address.storage, &*found, sizeof(*found));
    address.size = sizeof(*found);
    return address;
  }
  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(endpoint.port);
  if (inet_pton(AF_INET6, endpoint.host.c_str(), &ipv6.sin6_addr) != 1) {
    return fail(Error::other("no IPv6 address"));
  }
  std::memcpy(&address.storage, &ipv6, sizeof(ipv6));
  address.size = sizeof(ipv6);
  return address;
}

// A socket that listens there as the engine's will.
Result<UniqueFd> listener_at(SocketAddress& address, const std::string& what) {
  const auto refuse = [&what] { return fail(Error::from_errno(errno, what)); };
  UniqueFd fd(socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return refuse();
  // A port whose last connections are in TIME_WAIT is free, one that somebody listens on is not
  // (socket(7)).
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  // [::] is not every address of IPv4 too.
  if (address.storage.ss_family == AF_INET6) {
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  if (bind(fd.get(), generic(address.storage), address.size) != 0) return refuse();
  if (listen(fd.get(), 1) != 0) return refuse();
  return fd;
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

bool is_ipv6(const Endpoint& endpoint) {
  return endpoint.host.find(':') != std::string::npos;
}

std::string shown(const Endpoint& endpoint) {
  if (is_ipv6(endpoint)) return fmt::format("[{}]:{}", endpoint.host, endpoint.port);
  return fmt::format("{}:{}", endpoint.host, endpoint.port);
}

std::uint16_t port_of(const SocketAddress& address) {
  // The port is at one place in both.
  sockaddr_in start{};
  std::memcpy(&start, &address.storage, sizeof(start));
  return ntohs(start.sin_port);
}

std::string numeric_host(const SocketAddress& address) {
  std::array<char, NI_MAXHOST> text{};
  SocketAddress copy = address;
  getnameinfo(generic(copy.storage), copy.size, text.data(), text.size(), nullptr, 0,
              NI_NUMERICHOST);
  return text.data();
}

Result<std::vector<SocketAddress>> listen_check(std::span<const Endpoint> endpoints) {
  std::vector<SocketAddress> addresses;
  // All at once, as two of them may be in each other's way.
  std::vector<UniqueFd> listeners;
  for (const Endpoint& endpoint : endpoints) {
    const std::string what = "listen on " + shown(endpoint);
    auto address = address_of(endpoint);
    if (!address) return fail(address.error().during(what));
    auto listener = listener_at(*address, what);
    if (!listener) return fail(listener.error());
    addresses.push_back(*address);
    listeners.push_back(std::move(*listener));
  }
  return addresses;
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

int find_listener(const std::string& numeric_host, std::uint16_t port) {
  return find_descriptor([&](int fd) {
    const auto name = name_of(fd, &getsockname);
    return name && port_of(*name) == port && is_listening(fd) &&
           http::numeric_host(*name) == numeric_host;
  });
}

int find_connection(std::uint16_t local_port, std::string_view numeric_peer,
                    std::uint16_t peer_port) {
  return find_descriptor([&](int fd) {
    if (!is_at_port(fd, local_port)) return false;
    const auto there = name_of(fd, &getpeername);
    return there && port_of(*there) == peer_port && numeric_host(*there) == numeric_peer;
  });
}

void limit_unsent(int socket, int bytes) {
  if (socket >= 0) setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

bool has_input(int socket) {
  return is_ready(socket, POLLIN);
}

bool has_room(int socket) {
  return is_ready(socket, POLLOUT);
}

void reset_at_close(int socket) {
  const linger none{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
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
