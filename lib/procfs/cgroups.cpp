#include "procfs/cgroups.hpp"

#include "base/text.hpp"

namespace kcommons::procfs {

// #subsys_name	hierarchy	num_cgroups	enabled
// memory	4	60	1
Result<std::optional<std::uint64_t>> parse_memory_cgroups(std::string_view text) {
  std::string_view rest = text;
  if (!text::take_until(rest, '\n').starts_with("#subsys_name")) {
    return fail(Error::malformed("parse heading of cgroups", text));
  }
  while (!rest.empty()) {
    const std::string_view line = text::take_until(rest, '\n');
    std::string_view words = line;
    if (text::take_word(words) != "memory") continue;
    const auto hierarchy = text::parse_number<std::uint32_t>(text::take_word(words));
    const auto count = text::parse_number<std::uint64_t>(text::take_word(words));
    const auto enabled = text::parse_number<std::uint32_t>(text::take_word(words));
    if (!hierarchy || !count || !enabled) return fail(Error::malformed("parse cgroups", line));
    if (*enabled == 0) return std::optional<std::uint64_t>{};
    return std::optional(*count);
  }
  return std::optional<std::uint64_t>{};
}

}  // namespace kcommons::procfs
