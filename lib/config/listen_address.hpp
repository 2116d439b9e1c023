// The address that the HTTP server listens on: "host:port", or ":port" for every address of the
// machine. Pure and thread-safe; errors read "what, expected what".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace kcommons::config {

struct ListenAddress {
  std::string host;        // an IPv4 address or a host name; empty is every address
  std::uint16_t port = 0;  // 0 lets the kernel choose
  bool operator==(const ListenAddress&) const = default;
};

// "[::1]:80" is understood and refused: civetweb 1.15, which Debian 12 has, is built without IPv6.
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace kcommons::config
