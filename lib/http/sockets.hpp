// Addresses and sockets. What the client does with its own: find an address, connect and wait, each
// within a time.
//
// And what the server must do to sockets that are the engine's: civetweb tells neither why it
// cannot listen nor which descriptor a connection has, and it looks at its stop flag only every two
// seconds while it waits for a client. shutdown(2) ends such a wait at once.
//
// Descriptors are found by the addresses of their sockets, so a caller of shut_down() must see to
// it that the socket cannot be closed meanwhile, or the number might be another's. All functions
// are thread-safe and need no new descriptor, listen_check() apart.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace kcommons::http {

// "127.0.0.1:10044", or ":10044" for an empty host.
std::string display_address(const std::string& host, std::uint16_t port);

// The first IPv4 address that `host` names (empty: every address). A name is asked for with the
// resolver of the system, which has a time-out of its own. The error reads "no IPv4 address: why".
Result<sockaddr_in> resolve(const std::string& host, std::uint16_t port);

// Until `events` of poll(2), or an error of the socket, are there. The error reads "what: why", and
// has ETIMEDOUT where they are not there by then.
Result<void> wait_for(int socket, short events, SteadyTime deadline, const char* what);

// A connected socket, which does not block. The error reads "connect: why".
Result<UniqueFd> connect_to(sockaddr_in address, SteadyTime deadline);

// Finds the address of `host`, and listens there for a moment
// to learn whether that is allowed and free. The error reads "listen on host:port: why".
Result<sockaddr_in> listen_check(const std::string& host, std::uint16_t port);

// The dotted form of the address, without the port.
std::string numeric_host(const sockaddr_in& address);

// The socket of this process that listens on `local`, or -1.
int find_listener(const sockaddr_in& local);

// The socket of this process that is connected to `peer` at the port `local_port` here, or -1.
int find_connection(std::uint16_t local_port, const sockaddr_in& peer);

// Wakes whoever waits for the socket; nothing more can be sent or received. -1 is ignored.
void shut_down(int socket);

// The same for every socket of this process that is connected at the port `local_port` here.
void shut_down_connections(std::uint16_t local_port);

}  // namespace kcommons::http
