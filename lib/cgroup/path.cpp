#include "cgroup/path.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/text.hpp"

namespace kcommons::cgroup {

namespace {

constexpr std::string_view kDeleted = " (deleted)";
constexpr std::string_view kSliceSuffix = ".slice";
constexpr std::array<std::string_view, 5> kUnitSuffixes{".service", ".scope", ".mount", ".socket",
                                                        ".swap"};

bool has_suffix(std::string_view component, std::string_view suffix) {
  return component.size() > suffix.size() && component.ends_with(suffix);
}

// The byte of an escape "\xNN" at the front of `text`. NUL is no byte of a name.
std::optional<char> escaped_byte(std::string_view text) {
  constexpr std::size_t kEscapeBytes = 4;
  if (text.size() < kEscapeBytes || !text.starts_with("\\x")) return std::nullopt;
  const auto value = text::parse_number<std::uint8_t>(text.substr(2, 2), 16);
  if (!value || *value == 0) return std::nullopt;
  return static_cast<char>(*value);
}

}  // namespace

Path parse_path(std::string_view text) {
  Path path;
  if (text.ends_with(kDeleted)) {
    path.deleted = true;
    text.remove_suffix(kDeleted.size());
  }
  while (!text.empty()) {
    const std::string_view component = text::take_until(text, '/');
    if (component == ".." && path.components.empty()) path.outside_namespace = true;
    if (component.empty() || component == "." || component == "..") continue;
    path.components.push_back(component);
  }
  return path;
}

std::string Path::text() const {
  if (components.empty()) return "/";
  std::string joined;
  for (const std::string_view component : components) {
    joined += '/';
    joined += component;
  }
  return joined;
}

bool is_slice_name(std::string_view component) {
  return has_suffix(component, kSliceSuffix);
}

bool is_unit_name(std::string_view component) {
  return std::any_of(kUnitSuffixes.begin(), kUnitSuffixes.end(),
                     [&](std::string_view suffix) { return has_suffix(component, suffix); });
}

std::string unescape(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  while (!text.empty()) {
    const std::optional<char> byte = escaped_byte(text);
    plain += byte.value_or(text.front());
    text.remove_prefix(byte ? 4 : 1);
  }
  return plain;
}

}  // namespace kcommons::cgroup
