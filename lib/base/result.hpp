// Result<T>: a value, or an Error that says what was tried, on what, and why it failed.
//
// Three ways to handle one:
//
//   auto text = read_small_file(dir, "stat");
//   if (!text) return fail(text.error());                       // pass it on as it is
//   if (!text) return fail(text.error().during("reading stat")); // pass it on with context
//   if (!text) switch (text.error().kind()) { ... }              // decide by kind
//
// Libraries return errors and never log; the daemon logs. Nobody outside lib/base names the
// type behind Result. All functions here are thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <tl/expected.hpp>
#include <utility>

namespace kcommons {

// What a caller does about an error depends on its kind alone.
enum class ErrorKind : std::uint8_t {
  kGone,       // the object vanished (ENOENT, ESRCH, ENODEV): usual while processes come and go
  kDenied,     // no permission (EACCES, EPERM)
  kExhausted,  // the reader itself has no more of something (EMFILE, ENFILE, ENOMEM, ENOSPC)
  kMalformed,  // the bytes were read, but do not parse, or are longer than allowed
  kOther,
};

std::string_view name_of(ErrorKind kind);

// The one place that maps an errno value to a kind.
ErrorKind kind_of_errno(int errno_value);

class Error final {
 public:
  // `attempted` in the form "open /proc/12/stat"; the text of errno is added when it is printed.
  static Error from_errno(int errno_value, std::string attempted);
  // Bytes that do not parse. `offending` is an excerpt; it is escaped and cut here.
  static Error malformed(std::string attempted, std::string_view offending);
  static Error other(std::string message);

  // The same error with the caller's step in front: "step: what was attempted".
  [[nodiscard]] Error during(std::string_view step) const;

  [[nodiscard]] ErrorKind kind() const { return kind_; }
  [[nodiscard]] std::error_code code() const { return code_; }
  // One line, lower-case start, no full stop, printable whatever the input was.
  [[nodiscard]] std::string message() const;

 private:
  Error(ErrorKind kind, std::error_code code, std::string attempted)
      : kind_(kind), code_(code), attempted_(std::move(attempted)) {}

  ErrorKind kind_;
  std::error_code code_;
  std::string attempted_;
};

template <typename T>
class [[nodiscard]] Result final {
 public:
  Result(T value) : held_(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(tl::unexpected<Error> error) : held_(std::move(error)) {}  // NOLINT

  [[nodiscard]] bool has_value() const { return held_.has_value(); }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] T& value() & { return *held_; }
  [[nodiscard]] const T& value() const& { return *held_; }
  [[nodiscard]] T&& value() && { return std::move(*held_); }
  T& operator*() & { return *held_; }
  const T& operator*() const& { return *held_; }
  T&& operator*() && { return std::move(*held_); }
  T* operator->() { return &*held_; }
  const T* operator->() const { return &*held_; }
  [[nodiscard]] const Error& error() const { return held_.error(); }
  template <typename U>
  [[nodiscard]] T value_or(U&& fallback) const& {
    return held_.value_or(std::forward<U>(fallback));
  }

 private:
  tl::expected<T, Error> held_;
};

template <>
class [[nodiscard]] Result<void> final {
 public:
  Result() = default;
  Result(tl::unexpected<Error> error) : held_(std::move(error)) {}  // NOLINT

  [[nodiscard]] bool has_value() const { return held_.has_value(); }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] const Error& error() const { return held_.error(); }

 private:
  tl::expected<void, Error> held_;
};

inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace kcommons
