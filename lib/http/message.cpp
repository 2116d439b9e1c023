#include "http/message.hpp"

#include <algorithm>

namespace kcommons::http {

namespace {

char to_lower(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
}

}  // namespace

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, to_lower, to_lower);
}

std::optional<std::string_view> find_header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return std::nullopt;
}

std::size_t length_of(const Response& response) {
  std::size_t length = response.body.size();
  for (const auto& part : response.parts) length += part->size();
  return length;
}

}  // namespace kcommons::http
