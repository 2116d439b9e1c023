#include "http/request_text.hpp"

#include <fmt/core.h>

#include <cstdint>

namespace kcommons::http {

namespace {

// RFC 4648, 4.
std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8U | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out += i <= group.size() ? kDigits[bits >> (18U - 6U * i) & 63U] : '=';
    }
  }
  return out;
}

}  // namespace

std::string request_text(const Url& url, std::string_view target) {
  std::string text = fmt::format(
      "GET {}{} HTTP/1.1\r\nHost: {}:{}\r\nUser-Agent: kcommons\r\nConnection: close\r\n", url.path,
      target, url.host, url.port);
  if (!url.user.empty()) {
    text += "Authorization: Basic " + base64(url.user + ":" + url.password) + "\r\n";
  }
  return text + "\r\n";
}

}  // namespace kcommons::http
