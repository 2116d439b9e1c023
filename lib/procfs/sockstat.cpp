#include "procfs/sockstat.hpp"

#include <optional>
#include <string>

#include "base/text.hpp"

namespace kcommons::procfs {

namespace {

// sockets: used 12
// TCP: inuse 1 orphan 0 tw 4 alloc 1 mem 383
std::optional<std::string_view> line_of(std::string_view text, std::string_view protocol) {
  while (!text.empty()) {
    const std::string_view line = text::take_until(text, '\n');
    std::string_view rest = line;
    if (text::take_until(rest, ':') == protocol) return line;
  }
  return std::nullopt;
}

}  // namespace

Result<std::uint64_t> parse_sockstat(std::string_view text, std::string_view protocol,
                                     std::string_view key) {
  const auto malformed = [&](std::string_view offending) {
    return fail(Error::malformed(
        "parse sockstat: " + std::string(key) + " of " + std::string(protocol), offending));
  };
  // Without the end of the last line its number may have been cut short.
  const auto line = text.ends_with('\n') ? line_of(text, protocol) : std::nullopt;
  if (!line) return malformed(text);
  std::string_view words = *line;
  text::take_word(words);
  while (!words.empty()) {
    const std::string_view word = text::take_word(words);
    const auto number = text::parse_number<std::uint64_t>(text::take_word(words));
    if (word == key && number) return *number;
    if (word == key) break;
  }
  return malformed(*line);
}

}  // namespace kcommons::procfs
