#include "procfs/limits.hpp"

#include <array>
#include <cerrno>
#include <cstddef>

#include "base/text.hpp"
#include "procfs/file_reader.hpp"

namespace kcommons::procfs {

namespace {

struct Row {
  std::string_view name;
  std::string_view unit;
  std::optional<std::uint64_t> Limits::*soft;
};
constexpr std::array kRows{
    Row{"Max open files ", "files", &Limits::open_files},
    Row{"Max processes ", "processes", &Limits::processes},
    Row{"Max locked memory ", "bytes", &Limits::locked_memory_bytes},
    Row{"Max pending signals ", "signals", &Limits::pending_signals},
    Row{"Max msgqueue size ", "bytes", &Limits::mqueue_bytes},
};

// False when `word` is neither a number nor "unlimited".
bool parse_limit(std::string_view word, std::optional<std::uint64_t>& limit) {
  if (word == "unlimited") return true;
  limit = text::parse_number<std::uint64_t>(word);
  return limit.has_value();
}

// Limit                     Soft Limit           Hard Limit           Units
// Max open files            1024                 524288               files
bool parse_row(std::string_view line, const Row& row, Limits& limits) {
  std::string_view words = line.substr(row.name.size());
  std::optional<std::uint64_t> hard;
  if (!parse_limit(text::take_word(words), limits.*row.soft) ||
      !parse_limit(text::take_word(words), hard) || text::take_word(words) != row.unit) {
    return false;
  }
  if (row.soft == &Limits::open_files) limits.open_files_hard = hard;
  return true;
}

}  // namespace

Result<Limits> parse_limits(std::string_view text) {
  Limits limits;
  std::array<bool, kRows.size()> found{};
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = text::take_until(rest, '\n');
    for (std::size_t i = 0; i < kRows.size(); ++i) {
      if (found[i] || !line.starts_with(kRows[i].name)) continue;
      if (!parse_row(line, kRows[i], limits)) return fail(Error::malformed("parse limits", line));
      found[i] = true;
    }
  }
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (found[i]) continue;
    const std::string name(text::trim(kRows[i].name));
    return fail(Error::malformed("parse limits: no row \"" + name + "\"", text));
  }
  return limits;
}

Result<Limits> read_limits(const ProcessDir& process, std::string& buffer) {
  const Result<std::string_view> text = read_file(process.fd(), "limits", buffer);
  if (!text) return fail(process.explain(text.error()));
  // proc_pid_limits() of fs/proc/base.c prints nothing when the task has no signal handlers left.
  if (text->empty()) return fail(Error::from_errno(ESRCH, process.name() + ": limits is empty"));
  Result<Limits> limits = parse_limits(*text);
  if (!limits) return fail(limits.error().during(process.name()));
  return limits;
}

}  // namespace kcommons::procfs
