#include "http/url.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "http/message.hpp"
#include "http/percent.hpp"

namespace kcommons::http {

namespace {

constexpr std::size_t kMostBytes = 2000;
constexpr std::string_view kExpected = "http://host:port, such as http://127.0.0.1:10044";

auto refuse(std::string_view what, std::string_view expected = kExpected) {
  return fail(Error::other(fmt::format("{}, expected {}", what, expected)));
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

Result<void> check_scheme(std::string_view scheme) {
  if (equal_ignoring_case(scheme, "http")) return {};
  if (equal_ignoring_case(scheme, "https")) {
    return refuse(
        "https, which is not spoken here",
        "http; through a tunnel (ssh -L 10044:127.0.0.1:10044 host) ask http://127.0.0.1:10044");
  }
  return refuse("no http URL");
}

Result<void> take_user(std::string_view text, const std::optional<std::string>& given, Url& url) {
  const bool has_password = text.find(':') != std::string_view::npos;
  const auto user = percent_decoded(text::take_until(text, ':'));
  const auto password = percent_decoded(text);
  if (!user || !password) return refuse("a % in user or password", "%25 for it");
  if (user->empty()) return refuse("no user before the @", "user:password@");
  // RFC 7617, 2: the first colon ends the user.
  if (user->find(':') != std::string::npos) return refuse("a user with a colon", "one without");
  if (!has_password && !given) return refuse("a user without a password", "user:password@");
  url.user = *user;
  url.password = has_password ? *password : *given;
  return {};
}

Result<void> take_host(std::string_view text, Url& url) {
  if (text.starts_with('[')) return refuse("an IPv6 address", "an IPv4 address or a name");
  const bool has_port = text.find(':') != std::string_view::npos;
  const std::string_view host = text::take_until(text, ':');
  if (host.empty() || !std::ranges::all_of(host, is_host_character)) return refuse("no host");
  url.host = host;
  if (!has_port) return {};
  const auto port = text::parse_number<std::uint16_t>(text);
  if (!port || *port == 0) {
    return refuse(fmt::format("the port \"{}\"", text::printable(text)), "1 to 65535");
  }
  url.port = *port;
  return {};
}

Result<void> take_path(std::string_view text, Url& url) {
  if (text.find_first_of("?#") != std::string_view::npos) {
    return refuse("a query or a fragment", "none");
  }
  while (text.ends_with('/')) text.remove_suffix(1);
  url.path = text;
  return {};
}

}  // namespace

Result<Url> parse_url(std::string_view text, const std::optional<std::string>& password) {
  const bool visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; });
  if (text.empty() || text.size() > kMostBytes || !visible) return refuse("no URL");
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return refuse("no http:// at the front");
  if (auto good = check_scheme(text.substr(0, colon)); !good) return fail(good.error());
  text.remove_prefix(colon + 3);
  std::string_view authority = text.substr(0, text.find_first_of("/?#"));
  const std::string_view rest = text.substr(authority.size());
  // Where it does, what stands before the slash is a part of the password, not a port.
  if (rest.find('@') != std::string_view::npos) {
    return refuse("an @ after a / or ?", "%2F or %3F for those in a password, %40 in a path");
  }
  Url url;
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (auto good = take_user(authority.substr(0, at), password, url); !good) {
      return fail(good.error());
    }
    authority.remove_prefix(at + 1);
  }
  if (auto good = take_host(authority, url); !good) return fail(good.error());
  if (auto good = take_path(rest, url); !good) return fail(good.error());
  return url;
}

std::string shown(const Url& url) {
  return fmt::format("http://{}:{}{}", url.host, url.port, url.path);
}

}  // namespace kcommons::http
