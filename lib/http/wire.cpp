#include "http/wire.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/text.hpp"

namespace kcommons::http {

namespace {

void append_line(std::string& out, std::string_view name, std::string_view value) {
  const auto append = [&out](std::string_view text) {
    std::ranges::transform(text, std::back_inserter(out), [](char byte) {
      const auto code = static_cast<unsigned char>(byte);
      return code < 0x20 || code == 0x7F ? ' ' : byte;
    });
  };
  append(name);
  out += ": ";
  append(value);
  out += "\r\n";
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    if (equal_ignoring_case(text::trim(text::take_until(list, ',')), token)) return true;
  }
  return false;
}

}  // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

std::string response_head(const Response& response, bool keep_alive, WallTime now) {
  std::string out =
      fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  append_line(out, "Date", fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(seconds)));
  // It ends with its head, and a length would be that of what the client has (RFC 9110, 8.6).
  if (response.status != 304) {
    append_line(out, "Content-Type", response.content_type);
    append_line(out, "Content-Length", fmt::format("{}", length_of(response)));
  }
  append_line(out, "X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) append_line(out, name, value);
  append_line(out, "Connection", keep_alive ? "keep-alive" : "close");
  out += "\r\n";
  return out;
}

bool allows_keep_alive(const Request& request, std::string_view http_version) {
  if (request.header("Content-Length").value_or("0") != "0") return false;
  if (request.header("Transfer-Encoding") || request.header("Upgrade")) return false;
  const auto connection = request.header("Connection");
  if (connection) return has_token(*connection, "keep-alive");
  return http_version == "1.1";
}

}  // namespace kcommons::http
