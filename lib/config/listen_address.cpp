#include "config/listen_address.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"
#include "config/values.hpp"

namespace kcommons::config {

namespace {

constexpr std::size_t kMaxHostBytes = 253;  // RFC 1035, 2.3.4, without the final dot
constexpr std::size_t kMaxLabelBytes = 63;
constexpr std::size_t kMaxPortDigits = 5;

Error refuse(std::string_view text, std::string_view why) {
  return unexpected(fmt::format("{} {}", quoted(text), why), describe_listen_address());
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_host_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelBytes && label.front() != '-' &&
         label.back() != '-' && std::ranges::all_of(label, is_host_character);
}

bool is_ip_address(int family, std::string_view host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return ::inet_pton(family, std::string(host).c_str(), address.data()) == 1;
}

// A name whose last label is a number can only be meant as an IPv4 address: no top-level domain is
// numeric (RFC 3696, 2), and resolvers read "10.1" as 10.0.0.1.
bool is_host(std::string_view host) {
  const auto labels = text::split(host, '.');
  if (std::ranges::all_of(labels.back(), is_digit)) return is_ip_address(AF_INET, host);
  return host.size() <= kMaxHostBytes && std::ranges::all_of(labels, is_label);
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  if (digits.size() > kMaxPortDigits) return std::nullopt;
  return text::parse_number<std::uint16_t>(digits);
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail(refuse(text, "has no port"));
  const std::string_view host = text.substr(0, colon);
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return fail(refuse(text, "has no port from 0 to 65535 behind its last colon"));

  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed && is_ip_address(AF_INET6, host.substr(1, host.size() - 2))) {
    return fail(refuse(text, "is an IPv6 address, and the civetweb of Debian 12 has no IPv6"));
  }
  if (!host.empty() && !is_host(host)) {
    return fail(refuse(text, "names neither an IPv4 address nor a host"));
  }
  return ListenAddress{.host = std::string(host), .port = *port};
}

}  // namespace kcommons::config
