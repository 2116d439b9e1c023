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

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

}  // namespace kcommons::report
