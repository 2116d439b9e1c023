#include "procfs/neighbour_stat.hpp"

#include <cstddef>

#include "base/text.hpp"

namespace kcommons::procfs {

namespace {
// The kernel pads with zeros (%08x): a number of fewer digits was cut short.
constexpr std::size_t kDigits = 8;
}  // namespace

// entries  allocs   destroys hash_grows lookups  hits     res_failed rcv_probes_mcast …
// 00000002 00000000 00000000 00000000   00000000 00000000 00000000   00000000         …
Result<std::uint64_t> parse_neighbour_entries(std::string_view text) {
  std::string_view rest = text;
  std::string_view heading = text::take_until(rest, '\n');
  if (text::take_word(heading) != "entries") {
    return fail(Error::malformed("parse heading of statistics of neighbours", text));
  }
  const std::string_view line = text::take_until(rest, '\n');
  std::string_view words = line;
  const std::string_view digits = text::take_word(words);
  const auto entries = text::parse_number<std::uint64_t>(digits, 16);
  if (!entries || digits.size() < kDigits) {
    return fail(Error::malformed("parse statistics of neighbours", line));
  }
  return *entries;
}

}  // namespace kcommons::procfs
