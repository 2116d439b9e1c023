// The values that configuration keys take: one take() per kind, which reads the text of a value,
// checks its range and stores it. Each returns an error in the form "what, expected what" and
// then leaves the destination as it was. describe() is the "what" of "expected what". Pure and
// thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace kcommons::config {

// Both ends belong to the range.
template <typename T>
struct Range {
  T low;
  T high;
};

using DurationRange = Range<std::chrono::milliseconds>;
using WholeRange = Range<std::uint64_t>;
using RatioRange = Range<double>;

// A value as messages show it: in quotes, printable, cut where it is long.
std::string quoted(std::string_view value);

// "what, expected expected".
Error unexpected(std::string_view what, std::string_view expected);

std::string describe(const DurationRange& range);
std::string describe(const WholeRange& range);
std::string describe(const RatioRange& range);

// A whole number with a unit: 500ms, 10s, 2m, 1h.
Result<void> take(std::string_view value, const DurationRange& range,
                  std::chrono::milliseconds& out);
Result<void> take(std::string_view value, const WholeRange& range, std::uint64_t& out);
Result<void> take(std::string_view value, const WholeRange& range, unsigned& out);
Result<void> take(std::string_view value, const RatioRange& range, double& out);

// An absolute path of the file system.
Result<void> take_file_path(std::string_view value, std::string& out);
std::string describe_file_path();
// The same, or nothing.
Result<void> take_optional_file_path(std::string_view value, std::string& out);

// A path of the HTTP server that none of its own pages has, and that is no pattern to civetweb.
Result<void> take_url_path(std::string_view value, std::string& out);
std::string describe_url_path();

// "host:port", as parse_listen_address of listen_address.hpp takes it.
std::string describe_listen_address();

// A word out of a closed set.
template <typename Enum, std::size_t N>
struct Choice {
  struct Row {
    std::string_view name;
    Enum value;
  };
  std::array<Row, N> rows;
};

template <typename Enum, std::size_t N>
std::string describe(const Choice<Enum, N>& choice) {
  std::string names;
  for (std::size_t i = 0; i < N; ++i) {
    if (i > 0) names += i + 1 == N ? " or " : ", ";
    names += choice.rows[i].name;
  }
  return names;
}

template <typename Enum, std::size_t N>
Result<void> take(std::string_view value, const Choice<Enum, N>& choice, Enum& out) {
  for (const auto& row : choice.rows) {
    if (row.name != value) continue;
    out = row.value;
    return {};
  }
  return fail(unexpected(quoted(value), describe(choice)));
}

}  // namespace kcommons::config
