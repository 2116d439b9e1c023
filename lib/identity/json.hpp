// JSON that anybody may have written, read without trust: nesting deeper than kDepthLimit is left
// out, duplicate keys do not matter, and a value of another type than asked for is as good as none.
// Pure, thread-safe. The size of the text is the caller's to bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace kcommons::identity {

using Json = nlohmann::json;

// Of what a runtime writes, nothing that is looked at is nested deeper than five.
inline constexpr int kDepthLimit = 16;

// The whole of `text` as one JSON value; `attempted` says what it was, for the error.
Result<Json> parse_json(std::string_view text, std::string attempted);

// The value at a path of keys; a null pointer where there is none.
const Json* find(const Json& json, std::initializer_list<const char*> keys);

// Text at a path of keys, made safe (facts.hpp); empty where there is none, or none of that type.
std::string text_at(const Json& json, std::initializer_list<const char*> keys);
// A whole number that is not negative.
std::optional<std::uint64_t> number_at(const Json& json, std::initializer_list<const char*> keys);
// An object of texts. How many there are is the business of who limits the file.
std::map<std::string, std::string> texts_at(const Json& json,
                                            std::initializer_list<const char*> keys);

}  // namespace kcommons::identity
