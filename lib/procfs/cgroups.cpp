#include "procfs/cgroups.hpp"

#include "base/text.hpp"

namespace kcommons::procfs {

// #subsys_name	hierarchy	num_cgroups	enabled
// memory	4	60	1
Result<std::optional<std::uint64_t>> parse_memory_cgroups(std::string_view text) {
  std::string_view rest = text;
  if (!text::take_until(rest, '\n').starts_with("#subsys_name")) {
    return fail(Error::malformed("parse cgroups", text));
  }
  while (!rest.empty()) {
    std::string_view line = text::take_until(rest, '\n');
    if (text::take_word(line) != "memory") continue;
    const auto hierarchy = text::parse_number<std::uint32_t>(text::take_word(line));
    const auto count = text::parse_number<std::uint64_t>(text::take_word(line));
    const auto enabled = text::parse_number<std::uint32_t>(text::take_word(line));
    if (!hierarchy || !count || !enabled) return fail(Error::malformed("parse cgroups", text));
    if (*enabled == 0) return std::optional<std::uint64_t>{};
    return std::optional(*count);
  }
  return std::optional<std::uint64_t>{};
}

}  // namespace kcommons::procfs
