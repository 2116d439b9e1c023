// One HTTP request and the answer to it, as the handlers see them: nothing here knows of the
// engine that carries them. Plain values, owned by whoever holds them. Everything in a Request is
// the client's, so hostile; it came through the engine's parser and has no NUL in it, no more is
// promised.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kcommons::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The value of the first header of this name, in any case; nothing when there is none.
std::optional<std::string_view> find_header(const Headers& headers, std::string_view name);

struct Request {
  std::string method;  // as sent: "GET"
  std::string path;    // as sent, neither decoded nor cleaned: "/metrics"
  std::string query;   // what stands behind the first '?', as sent
  Headers headers;
  std::string peer;  // the address that it comes from, in numbers; not of the client's choosing

  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const {
    return find_header(headers, name);
  }
};

// The server adds Content-Length, Date, Connection and X-Content-Type-Options; `headers` are those
// beside them.
struct Response {
  int status = 200;
  std::string content_type;
  std::string body;
  Headers headers;
  // Sent behind the body, and not copied: many answers may share what is large.
  std::vector<std::shared_ptr<const std::string>> parts;
};
// Of the body and all parts.
std::size_t length_of(const Response& response);

// Must be safe to call from several threads at once.
using Handler = std::function<Response(const Request&)>;

// ASCII only, as names and tokens of HTTP are (RFC 9110, 5.1).
bool equal_ignoring_case(std::string_view left, std::string_view right);

}  // namespace kcommons::http
