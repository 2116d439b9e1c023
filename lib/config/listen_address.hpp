// An address that the HTTP server listens on: "host:port", "[IPv6]:port", or ":port" for every
// IPv4 address of the machine. Pure and thread-safe; errors read "what, expected what".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace kcommons::config {

struct ListenAddress {
  // An address of IPv4 or IPv6, the latter without brackets and as inet_ntop(3) writes it, or a
  // host name; empty is every address of IPv4.
  std::string host;
  std::uint16_t port = 0;  // 0 lets the kernel choose
  bool operator==(const ListenAddress&) const = default;
};

// Whether IPv6 can be listened on is known to the server alone (http/server.hpp).
Result<ListenAddress> parse_listen_address(std::string_view text);

bool is_ipv6(const ListenAddress& address);

// Whether they are one address, however it is written. Host names are not asked for.
bool are_same(const ListenAddress& left, const ListenAddress& right);

}  // namespace kcommons::config
