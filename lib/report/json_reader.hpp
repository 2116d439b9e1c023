// Strict reading of JSON that somebody else has written. What is missing, of another type or out of
// range is remembered, the first of it, with the place where it stands: "pools[3].used"; reading
// goes on with a value that means nothing, and the caller asks for error() at the end. Keys that
// nobody asks for are ignored. Values; not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "report/json.hpp"

namespace kcommons::report {

class JsonReader final {
 public:
  // Of an object that the reader is in: at first the whole document.
  explicit JsonReader(const Json& document) : object_(&document) {}

  // Of these, text is made printable on one line.
  std::string text(std::string_view key);
  std::optional<std::string> text_or_null(std::string_view key);
  // As it stands, for what is made safe where it is shown.
  std::string raw_text(std::string_view key);
  bool flag(std::string_view key);
  std::uint64_t number(std::string_view key);
  std::optional<std::uint64_t> number_or_null(std::string_view key);
  std::int64_t integer(std::string_view key);
  std::optional<double> real_or_null(std::string_view key);

  // Calls `read` for each item of a list, and once for an object, inside of which the reader then
  // is. For null it is not called.
  void each(std::string_view key, const std::function<void()>& read);
  void in(std::string_view key, const std::function<void()>& read);
  void in_or_null(std::string_view key, const std::function<void()>& read);
  // Each text of a list.
  void each_text(std::string_view key, const std::function<void(std::string text)>& take);

  // What is wrong with the value of `key`, said by the caller: "what, expected what".
  void refuse(std::string_view key, std::string_view what, std::string_view expected);

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  const Json* find(std::string_view key, std::string_view expected);
  const Json* find_list(std::string_view key);
  void enter(const Json& value, const std::string& place, const std::function<void()>& read);

  const Json* object_;
  std::string place_;  // of the object, with a dot behind it; empty for the document
  std::optional<Error> error_;
};

}  // namespace kcommons::report
