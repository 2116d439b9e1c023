#include "procfs/loadavg.hpp"

#include "base/text.hpp"

namespace kcommons::procfs {

namespace {

bool is_average(std::string_view word) {
  const auto whole = text::parse_number<std::uint64_t>(text::take_until(word, '.'));
  return whole && text::parse_number<std::uint64_t>(word);
}

}  // namespace

Result<std::uint64_t> parse_total_threads(std::string_view loadavg_text) {
  std::string_view words = text::trim(loadavg_text);
  for (int i = 0; i < 3; ++i) {
    if (!is_average(text::take_word(words))) {
      return fail(Error::malformed("parse loadavg", loadavg_text));
    }
  }
  std::string_view threads = text::take_word(words);
  const auto running = text::parse_number<std::uint64_t>(text::take_until(threads, '/'));
  const auto total = text::parse_number<std::uint64_t>(threads);
  // The last PID used follows; without it the total may have been cut short.
  const auto last_pid = text::parse_number<std::int64_t>(text::take_word(words));
  if (!running || !total || !last_pid || !text::take_word(words).empty()) {
    return fail(Error::malformed("parse loadavg", loadavg_text));
  }
  return *total;
}

}  // namespace kcommons::procfs
