// Asks another HTTP server: one GET, one answer, on a connection of its own. HTTP/1.1 without TLS,
// over IPv4; redirects are not followed, and proxies of the environment are not used.
//
// Not on the engine that carries the server: its client waits half a minute for each part of a
// body and as often as there are parts, reads whatever still comes before it closes, and does not
// say why a connection was refused. Here every wait ends at a deadline. Not on libcurl either: it
// would bring thirty libraries into a daemon that keeps CAP_SYS_ADMIN. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "base/result.hpp"
#include "http/answer.hpp"
#include "http/url.hpp"

namespace kcommons::http {

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{5000};
  // For the whole of it, connecting included; finding the address of a name is not.
  std::chrono::milliseconds timeout{30000};
  std::size_t max_body = std::size_t{16} * 1024 * 1024;
};

// Any status is an answer. The error has the code of errno(3) where there is one: ECONNREFUSED,
// ETIMEDOUT; it does not name the URL. `target` is the path below that of the URL, with its query.
Result<Answer> get(const Url& url, std::string_view target, const ClientOptions& options = {});

}  // namespace kcommons::http
