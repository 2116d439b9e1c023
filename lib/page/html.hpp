// Pieces of HTML. Whatever comes from the host, its containers or the client goes through safe();
// no other function here takes such text. Pure, thread-safe.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"

namespace kcommons::page {

// On one line, without control characters and what turns the direction of text, and escaped: fit
// for text and for quoted attributes.
std::string safe(std::string_view text);

// The same in an element of its own: what is written from right to left does not turn what stands
// beside it.
std::string name_html(std::string_view text);

// In groups of three: "1,234,567".
std::string number(std::uint64_t value);
std::string number(std::int64_t value);

// "1 container", "12 containers".
std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural);

// In UTC: "2026-11-28 14:02:11" and "14:02".
std::string date_text(WallTime time);
std::string clock_text(WallTime time);

// Appends to `out`. The format is the page's own, the arguments are HTML already.
template <typename... Args>
void add(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

}  // namespace kcommons::page
