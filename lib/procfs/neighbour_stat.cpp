#include "procfs/neighbour_stat.hpp"

#include "base/text.hpp"

namespace kcommons::procfs {

Result<std::uint64_t> parse_neighbour_entries(std::string_view text) {
  std::string_view rest = text;
  std::string_view heading = text::take_until(rest, '\n');
  std::string_view line = text::take_until(rest, '\n');
  const auto entries = text::parse_number<std::uint64_t>(text::take_word(line), 16);
  if (text::take_word(heading) != "entries" || !entries) {
    return fail(Error::malformed("parse statistics of neighbours", text));
  }
  return *entries;
}

}  // namespace kcommons::procfs
