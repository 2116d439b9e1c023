#include "config/listen_address.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

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

bool is_ipv4_address(std::string_view host) {
  in_addr address{};
  return ::inet_pton(AF_INET, std::string(host).c_str(), &address) == 1;
}

// "[0:0::1]" → "::1"; nothing for what is no address of IPv6 in brackets.
std::optional<std::string> bracketed_ipv6(std::string_view host) {
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') return std::nullopt;
  in6_addr address{};
  const std::string inner(host.substr(1, host.size() - 2));
  if (::inet_pton(AF_INET6, inner.c_str(), &address) != 1) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(AF_INET6, &address, text.data(), text.size());
}

// A name whose last label is a number can only be meant as an IPv4 address: no top-level domain is
// numeric (RFC 3696, 2), and resolvers read "10.1" as 10.0.0.1.
bool is_host(std::string_view host) {
  const auto labels = text::split(host, '.');
  if (std::ranges::all_of(labels.back(), is_digit)) return is_ipv4_address(host);
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

  if (auto ipv6 = bracketed_ipv6(host)) return ListenAddress{std::move(*ipv6), *port};
  if (!host.empty() && !is_host(host)) {
    return fail(refuse(text, "names neither an address nor a host"));
  }
  return ListenAddress{.host = std::string(host), .port = *port};
}

bool is_ipv6(const ListenAddress& address) {
  return address.host.find(':') != std::string::npos;
}

bool are_same(const ListenAddress& left, const ListenAddress& right) {
  constexpr std::string_view kEvery = "0.0.0.0";
  const auto host = [&](const ListenAddress& address) {
    return address.host.empty() ? kEvery : std::string_view(address.host);
  };
  return left.port == right.port && host(left) == host(right);
}

}  // namespace kcommons::config
