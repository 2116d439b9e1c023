#include "procfs/sockstat.hpp"

#include <string>

#include "base/text.hpp"

namespace kcommons::procfs {

Result<std::uint64_t> parse_sockstat(std::string_view text, std::string_view protocol,
                                     std::string_view key) {
  std::string_view rest = text;
  while (!rest.empty()) {
    std::string_view line = text::take_until(rest, '\n');
    if (text::take_until(line, ':') != protocol) continue;
    while (!line.empty()) {
      const std::string_view word = text::take_word(line);
      const std::string_view value = text::take_word(line);
      if (word != key) continue;
      if (const auto number = text::parse_number<std::uint64_t>(value)) return *number;
      break;
    }
    break;
  }
  return fail(Error::malformed(
      "parse sockstat: no " + std::string(key) + " of " + std::string(protocol), text));
}

}  // namespace kcommons::procfs
