// What the JSON of this library has in common. Pure, thread-safe.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace kcommons::report {

using Json = nlohmann::ordered_json;

// Text that anybody may have chosen, as valid UTF-8: anything else would throw when it is printed.
std::string safe(std::string_view raw);

// RFC 3339, in UTC, with milliseconds.
std::string time_text(WallTime time);
// The same way back, for years that a clock of nanoseconds has: 1970 to 2261. Nothing where it is
// not written so.
std::optional<WallTime> parse_time_text(std::string_view text);

// A whole document, as it is printed. What is no UTF-8 would throw; safe() has left none.
std::string printed(const Json& json);

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

}  // namespace kcommons::report
