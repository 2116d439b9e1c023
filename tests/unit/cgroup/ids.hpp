// Two container ids, and paths that are short enough to read: <X> and <Y> stand for the ids.
#pragma once

#include <string>
#include <string_view>

namespace kcommons::tests {

inline constexpr std::string_view kX =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
inline constexpr std::string_view kY =
    "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

inline std::string with_ids(std::string text) {
  const auto replace = [&text](std::string_view mark, std::string_view id) {
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + id.size())) {
      text.replace(at, mark.size(), id);
    }
  };
  replace("<X>", kX);
  replace("<Y>", kY);
  return text;
}

}  // namespace kcommons::tests
