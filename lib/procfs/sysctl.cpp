#include "procfs/sysctl.hpp"

#include <limits>

#include "base/text.hpp"

namespace kcommons::procfs {

namespace {
constexpr std::uint64_t kLongMax = std::numeric_limits<std::int64_t>::max();
}  // namespace

Result<std::uint64_t> parse_sysctl_u64(std::string_view text) {
  // Without the end of the line the number may have been cut short.
  const auto number =
      text.ends_with('\n') ? text::parse_number<std::uint64_t>(text::trim(text)) : std::nullopt;
  if (!number) return fail(Error::malformed("parse sysctl value", text));
  return *number;
}

Result<FileNr> parse_file_nr(std::string_view text) {
  std::string_view words = text::trim(text);
  const auto allocated = text::parse_number<std::uint64_t>(text::take_word(words));
  const auto unused = text::parse_number<std::uint64_t>(text::take_word(words));
  const auto limit = text::parse_number<std::uint64_t>(text::take_word(words));
  const bool is_whole = text.ends_with('\n') && text::take_word(words).empty();
  if (!allocated || !unused || !limit || !is_whole) {
    return fail(Error::malformed("parse file-nr", text));
  }
  FileNr file_nr;
  file_nr.allocated = *allocated;
  if (*limit < kLongMax) file_nr.limit = *limit;
  return file_nr;
}

}  // namespace kcommons::procfs
