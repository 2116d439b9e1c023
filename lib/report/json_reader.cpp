#include "report/json_reader.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/text.hpp"

namespace kcommons::report {

namespace {

constexpr std::string_view kText = "text";
constexpr std::string_view kFlag = "true or false";
constexpr std::string_view kNumber = "a whole number that is not negative";
constexpr std::string_view kInteger = "a whole number";
constexpr std::string_view kReal = "a number";
constexpr std::string_view kList = "a list";
constexpr std::string_view kObject = "an object";

// A value as messages show it. Text is in quotes, what is large is named by its kind alone.
std::string excerpt(const Json& value) {
  constexpr std::size_t kShown = 80;
  if (value.is_structured()) return std::string(value.is_array() ? kList : kObject);
  std::string shown = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (shown.size() > kShown) shown = text::valid_utf8(shown, kShown) + "…";
  return text::printable(shown);
}

}  // namespace

void JsonReader::refuse(std::string_view key, std::string_view what, std::string_view expected) {
  if (error_) return;
  error_ = Error::other(fmt::format("{}{}: {}, expected {}", place_, key, what, expected));
}

const Json* JsonReader::find(std::string_view key, std::string_view expected) {
  if (!object_->is_object()) {
    refuse("document", excerpt(*object_), kObject);
    return nullptr;
  }
  const auto at = object_->find(key);
  if (at != object_->end()) return &*at;
  refuse(key, "missing", expected);
  return nullptr;
}

std::optional<std::string> JsonReader::text_or_null(std::string_view key) {
  const Json* const value = find(key, kText);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (value->is_string()) return text::printable(value->get_ref<const std::string&>());
  refuse(key, excerpt(*value), kText);
  return std::nullopt;
}

std::string JsonReader::raw_text(std::string_view key) {
  const Json* const value = find(key, kText);
  if (value == nullptr) return {};
  if (value->is_string()) return value->get<std::string>();
  refuse(key, excerpt(*value), kText);
  return {};
}

std::string JsonReader::text(std::string_view key) {
  const auto value = text_or_null(key);
  if (!value) refuse(key, "null", kText);  // unless something was refused before
  return value.value_or("");
}

bool JsonReader::flag(std::string_view key) {
  const Json* const value = find(key, kFlag);
  if (value == nullptr) return false;
  if (value->is_boolean()) return value->get<bool>();
  refuse(key, excerpt(*value), kFlag);
  return false;
}

std::optional<std::uint64_t> JsonReader::number_or_null(std::string_view key) {
  const Json* const value = find(key, kNumber);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (value->is_number_unsigned()) return value->get<std::uint64_t>();
  refuse(key, excerpt(*value), kNumber);
  return std::nullopt;
}

std::uint64_t JsonReader::number(std::string_view key) {
  const auto value = number_or_null(key);
  if (!value) refuse(key, "null", kNumber);  // unless something was refused before
  return value.value_or(0);
}

std::int64_t JsonReader::integer(std::string_view key) {
  const Json* const value = find(key, kInteger);
  if (value == nullptr) return 0;
  // What is not negative is unsigned to the library, and may be too large.
  const bool fits =
      value->is_number_integer() &&
      (!value->is_number_unsigned() || std::in_range<std::int64_t>(value->get<std::uint64_t>()));
  if (fits) return value->get<std::int64_t>();
  refuse(key, excerpt(*value), kInteger);
  return 0;
}

std::optional<double> JsonReader::real_or_null(std::string_view key) {
  const Json* const value = find(key, kReal);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (value->is_number() && std::isfinite(value->get<double>())) return value->get<double>();
  refuse(key, excerpt(*value), kReal);
  return std::nullopt;
}

void JsonReader::enter(const Json& value, const std::string& place,
                       const std::function<void()>& read) {
  if (!value.is_object()) {
    refuse(place, excerpt(value), kObject);
    return;
  }
  const Json* const outer = std::exchange(object_, &value);
  const std::string outer_place = std::exchange(place_, place_ + place + ".");
  read();
  object_ = outer;
  place_ = outer_place;
}

void JsonReader::in(std::string_view key, const std::function<void()>& read) {
  if (const Json* const value = find(key, kObject)) enter(*value, std::string(key), read);
}

void JsonReader::in_or_null(std::string_view key, const std::function<void()>& read) {
  const Json* const value = find(key, kObject);
  if (value != nullptr && !value->is_null()) enter(*value, std::string(key), read);
}

const Json* JsonReader::find_list(std::string_view key) {
  const Json* const value = find(key, kList);
  if (value == nullptr || value->is_array()) return value;
  refuse(key, excerpt(*value), kList);
  return nullptr;
}

void JsonReader::each(std::string_view key, const std::function<void()>& read) {
  const Json* const list = find_list(key);
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->size() && !error_; ++i) {
    enter((*list)[i], fmt::format("{}[{}]", key, i), read);
  }
}

void JsonReader::each_text(std::string_view key,
                           const std::function<void(std::string text)>& take) {
  const Json* const list = find_list(key);
  if (list == nullptr) return;
  for (std::size_t i = 0; i < list->size() && !error_; ++i) {
    const Json& item = (*list)[i];
    if (item.is_string()) {
      take(text::printable(item.get_ref<const std::string&>()));
    } else {
      refuse(fmt::format("{}[{}]", key, i), excerpt(item), kText);
    }
  }
}

}  // namespace kcommons::report
