#include <array>
#include <string_view>
#include <utility>

#include "terminal/cells.hpp"
#include "terminal/parts.hpp"

namespace kcommons::terminal {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 15> kKeys{{
    {"arrows, PgUp, PgDn", "move; Home and End to both ends; left and right: columns"},
    {"Enter", "down: pool, holder, process, inotify instance, what it watches"},
    {"Esc, Backspace", "back; first the filter is dropped"},
    {"F2, b, Tab", "rows by container, pod, UID, unit or process"},
    {"F3, /", "search in the rows; F3 again or n: the next one"},
    {"F4, \\, f", "filter: rows that have the text"},
    {"F5, o", "every pool, in place of the fullest"},
    {"F6, >, <", "sort by the next column, or the one before"},
    {"I", "the other way around"},
    {"p, Space", "pause, and go on"},
    {"r", "look again now"},
    {"+, -", "refresh more seldom, or more often"},
    {"d, s", "type the interval, in seconds"},
    {"F1, h, ?", "this page"},
    {"F10, q", "quit"},
}};

constexpr std::array<std::string_view, 4> kWords{
    "A pool is one limit of the kernel, and all who share it. A bar is what is used",
    "of the limit: from 70% on warm, from 90% on full. LIMIT% is a holder's part of",
    "the limit, SHARE% of what is used; BY RUNTIME is what its shim or monitor holds.",
    "Numbers are those of one census, as /metrics and the API have them.",
};

}  // namespace

Lines help_lines() {
  constexpr std::size_t kKeyRoom = 20;
  Lines lines;
  lines.push_back(
      {{"kcommons top: who holds what of the kernel's shared resources", Role::kStrong}});
  for (const auto& [key, what] : kKeys) {
    lines.push_back({{left_aligned(key, kKeyRoom), Role::kStrong}, {std::string(what)}});
  }
  lines.push_back({});
  for (const std::string_view line : kWords) lines.push_back({{std::string(line)}});
  return lines;
}

}  // namespace kcommons::terminal
