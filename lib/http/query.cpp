#include "http/query.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "http/percent.hpp"

namespace kcommons::http {

namespace {

constexpr std::size_t kShownBytes = 80;

auto refuse(std::string_view what, std::string_view why, std::string_view expected) {
  const std::string shown = text::printable(what.substr(0, kShownBytes));
  return fail(Error::other(fmt::format("query: \"{}{}\"{}, expected {}", shown,
                                       what.size() > kShownBytes ? "…" : "", why, expected)));
}

// As forms are sent (application/x-www-form-urlencoded of the URL standard).
std::optional<std::string> decoded(std::string_view text) {
  std::string blanks(text);
  std::ranges::replace(blanks, '+', ' ');
  return percent_decoded(blanks);
}

}  // namespace

Result<Query> parse_query(std::string_view query, std::span<const std::string_view> known) {
  Query parameters;
  if (query.empty()) return parameters;
  for (const std::string_view part : text::split(query, '&')) {
    std::string_view value = part;
    const auto name = decoded(text::take_until(value, '='));
    const auto content = decoded(value);
    if (!name || !content) return refuse(part, "", "%XX where a % stands");
    if (std::ranges::find(known, *name) == known.end()) {
      return refuse(*name, " is no parameter",
                    known.empty() ? "none here" : fmt::format("{}", fmt::join(known, ", ")));
    }
    if (part.find('=') == std::string_view::npos) return refuse(part, "", *name + "=value");
    if (!parameters.emplace(*name, *content).second) return refuse(*name, " twice", "it once");
  }
  return parameters;
}

}  // namespace kcommons::http
