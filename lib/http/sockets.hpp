// Addresses and sockets. What the client does with its own: find an address, connect and wait, each
// within a time.
//
// And what the server must do to sockets that are the engine's: civetweb tells neither why it
// cannot listen nor which descriptor a connection has, and it looks at its stop flag only every two
// seconds while it waits for a client. shutdown(2) ends such a wait at once.
//
// Descriptors are found by the addresses of their sockets, so a caller of shut_down() must see to
// it that the socket cannot be closed meanwhile, or the number might be another's. All functions
// are thread-safe and need no new descriptor, but for listen_check() and what the client does.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace kcommons::http {

// An address to listen on. The host is an address of IPv4, one of IPv6 without brackets, or a name;
// empty is every address of IPv4.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;  // 0 lets the kernel choose
  bool operator==(const Endpoint&) const = default;
};

bool is_ipv6(const Endpoint& endpoint);

// "127.0.0.1:10044", "[::1]:10044", or ":10044" for an empty host.
std::string shown(const Endpoint& endpoint);

// Of IPv4 or IPv6, with its port.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};
std::uint16_t port_of(const SocketAddress& address);
// Without the port, and without brackets.
std::string numeric_host(const SocketAddress& address);

// The first IPv4 address that `host` names (empty: every address). A name is asked for with the
// resolver of the system, which has a time-out of its own. The error reads "no IPv4 address: why".
Result<sockaddr_in> resolve(const std::string& host, std::uint16_t port);

// Until `events` of poll(2), or an error of the socket, are there. The error reads "what: why", and
// has ETIMEDOUT where they are not there by then.
Result<void> wait_for(int socket, short events, SteadyTime deadline, const char* what);

// A connected socket, which does not block. The error reads "connect: why".
Result<UniqueFd> connect_to(sockaddr_in address, SteadyTime deadline);

// Finds the addresses, and listens on all of them for a moment to learn whether that is allowed and
// free. The error reads "listen on host:port: why".
Result<std::vector<SocketAddress>> listen_check(std::span<const Endpoint> endpoints);

// The socket of this process that listens on the address at this port, or -1.
int find_listener(const std::string& numeric_host, std::uint16_t port);

// The socket of this process that is connected to that client at the port `local_port` here, or -1.
int find_connection(std::uint16_t local_port, std::string_view numeric_peer,
                    std::uint16_t peer_port);

// No more than about twice that many bytes wait in the kernel for a client to take them. Of a
// listening socket: those that it accepts from now on have the same.
void limit_unsent(int socket, int bytes);

// Whether the other side has sent something that is not read yet, or has gone.
bool has_input(int socket);
// Whether there is room for more to be sent.
bool has_room(int socket);

// What is not sent yet is thrown away when the socket is closed, and the other side hears of it.
void reset_at_close(int socket);

// Wakes whoever waits for the socket; nothing more can be sent or received. -1 is ignored.
void shut_down(int socket);

// The same for every socket of this process that is connected at the port `local_port` here.
void shut_down_connections(std::uint16_t local_port);

}  // namespace kcommons::http
