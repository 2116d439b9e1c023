#include "page/html.hpp"

#include <fmt/chrono.h>

#include <chrono>
#include <utility>

#include "base/text.hpp"
#include "report/format.hpp"

namespace kcommons::page {

std::string safe(std::string_view text) {
  return report::html_escape(text::printable(text));
}

std::string name_html(std::string_view text) {
  return "<bdi>" + safe(text) + "</bdi>";
}

std::string number(std::uint64_t value) {
  constexpr std::size_t kGroup = 3;
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > kGroup;) {
    at -= kGroup;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string number(std::int64_t value) {
  if (value >= 0) return number(static_cast<std::uint64_t>(value));
  // Two's complement: there is no positive of the least one.
  return "−" + number(std::uint64_t{0} - static_cast<std::uint64_t>(value));
}

std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", number(count), count == 1 ? singular : plural);
}

std::string date_text(WallTime time) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string clock_text(WallTime time) {
  return fmt::format("{:%H:%M}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace kcommons::page
