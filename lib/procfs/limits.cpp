#include "procfs/limits.hpp"

#include <cerrno>

#include "base/text.hpp"
#include "procfs/file_reader.hpp"

namespace kcommons::procfs {

namespace {

constexpr std::string_view kRow = "Max open files ";

// False when `word` is neither a number nor "unlimited".
bool parse_limit(std::string_view word, std::optional<std::uint64_t>& limit) {
  if (word == "unlimited") return true;
  limit = text::parse_number<std::uint64_t>(word);
  return limit.has_value();
}

}  // namespace

// Limit                     Soft Limit           Hard Limit           Units
// Max open files            1024                 524288               files
Result<OpenFilesLimit> parse_limits(std::string_view text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = text::take_until(rest, '\n');
    if (!line.starts_with(kRow)) continue;
    std::string_view words = line.substr(kRow.size());
    OpenFilesLimit limit;
    const bool numbers = parse_limit(text::take_word(words), limit.soft) &&
                         parse_limit(text::take_word(words), limit.hard);
    if (!numbers || text::take_word(words) != "files") {
      return fail(Error::malformed("parse limits", line));
    }
    return limit;
  }
  return fail(Error::malformed("parse limits: no row for open files", text));
}

Result<OpenFilesLimit> read_limits(const ProcessDir& process, std::string& buffer) {
  const Result<std::string_view> text = read_file(process.fd(), "limits", buffer);
  if (!text) return fail(process.explain(text.error()));
  // proc_pid_limits() of fs/proc/base.c prints nothing when the task has no signal handlers left.
  if (text->empty()) return fail(Error::from_errno(ESRCH, process.name() + ": limits is empty"));
  Result<OpenFilesLimit> limit = parse_limits(*text);
  if (!limit) return fail(limit.error().during(process.name()));
  return limit;
}

}  // namespace kcommons::procfs
