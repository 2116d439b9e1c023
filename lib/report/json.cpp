#include "report/json.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

#include "base/text.hpp"

namespace kcommons::report {

std::string safe(std::string_view raw) {
  return text::valid_utf8(raw);
}

std::string time_text(WallTime time) {
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  constexpr auto kSecond = 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)),
                     milliseconds % kSecond);
}

}  // namespace kcommons::report
