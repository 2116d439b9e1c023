// Where another HTTP server is. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace kcommons::http {

struct Url {
  std::string user;  // decoded; empty: nobody in particular
  std::string password;
  std::string host;  // an IPv4 address or a name
  std::uint16_t port = 80;
  std::string path;  // what stands before every path that is asked for, as it is sent: "" or "/a/b"
};

// "http://host", "http://user:password@host:10044/prefix/". Without a query and a fragment.
// `password` is that of a user who has none in the text, where everybody may read it who sees the
// processes. An error reads "what, expected what"; no error ever shows a part of a password.
Result<Url> parse_url(std::string_view text,
                      const std::optional<std::string>& password = std::nullopt);

// "http://host:10044/prefix": without user and password, for messages.
std::string shown(const Url& url);

}  // namespace kcommons::http
