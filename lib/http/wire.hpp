// The first part of an answer as bytes of HTTP/1.1 (RFC 9112), and whether the connection may
// stay open behind it. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "http/message.hpp"

namespace kcommons::http {

// "Not Found" for 404; "Unknown" for a status that kcommons never sends.
std::string_view reason_phrase(int status);

// Status line and headers with the blank line behind them. Content-Length is that of the body,
// whether the body is sent or not. Control characters in what the handler gave become spaces, so
// that a value can never end its line.
std::string response_head(const Response& response, bool keep_alive, WallTime now);

// Whether the connection can take another request after this one. It cannot when the client says
// so, and not after a request with a body or an upgrade: the body is never read.
bool allows_keep_alive(const Request& request, std::string_view http_version);

}  // namespace kcommons::http
