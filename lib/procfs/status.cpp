#include "procfs/status.hpp"

#include <array>
#include <optional>

#include "base/text.hpp"
#include "procfs/file_reader.hpp"

namespace kcommons::procfs {

namespace {

// The value of the first line "key:…"; empty where there is none. Values are never empty: the
// kernel puts a tab after the colon.
std::string_view value_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text::take_until(text, '\n');
    if (line.starts_with(key)) return line.substr(key.size());
  }
  return {};
}

// Uid:	1000	1000	1000	1000        real, effective, saved, file system
bool parse_uids(std::string_view value, Status& status) {
  std::array<Uid, 4> uids;
  for (Uid& uid : uids) {
    const auto number = text::parse_number<std::uint32_t>(text::take_word(value));
    if (!number) return false;
    uid = Uid(*number);
  }
  status.real_uid = uids[0];
  status.effective_uid = uids[1];
  return text::take_word(value).empty();
}

// CapEff:	000001ffffffffff              always 16 digits, so that a cut line shows
bool parse_capabilities(std::string_view value, Status& status) {
  const std::string_view digits = text::take_word(value);
  const auto capabilities = text::parse_number<std::uint64_t>(digits, 16);
  if (!capabilities || digits.size() != 16) return false;
  status.effective_capabilities = *capabilities;
  return text::take_word(value).empty();
}

// NSpid:	4711	1
bool parse_depth(std::string_view value, Status& status) {
  status.pid_namespace_depth = 0;
  for (std::string_view pid = text::take_word(value); !pid.empty(); pid = text::take_word(value)) {
    if (!text::parse_number<std::int32_t>(pid)) return false;
    ++status.pid_namespace_depth;
  }
  return status.pid_namespace_depth > 0;
}

// SigQ:	3/96364
bool parse_queued_signals(std::string_view value, Status& status) {
  std::string_view numbers = text::take_word(value);
  status.queued_signals = text::parse_number<std::uint64_t>(text::take_until(numbers, '/'));
  const auto limit = text::parse_number<std::uint64_t>(numbers);
  return status.queued_signals && limit && text::take_word(value).empty();
}

}  // namespace

Result<Status> parse_status(std::string_view text) {
  std::string_view lines = text;
  const std::string_view name = text::take_until(lines, '\n');
  if (!name.starts_with("Name:")) return fail(Error::malformed("parse status: no Name line", text));
  Status status;
  if (const auto value = value_of(lines, "Uid:"); !parse_uids(value, status)) {
    return fail(Error::malformed("parse status: Uid line", value));
  }
  if (const auto value = value_of(lines, "CapEff:"); !parse_capabilities(value, status)) {
    return fail(Error::malformed("parse status: CapEff line", value));
  }
  const auto value = value_of(lines, "NSpid:");
  if (!value.empty() && !parse_depth(value, status)) {
    return fail(Error::malformed("parse status: NSpid line", value));
  }
  const auto queued = value_of(lines, "SigQ:");
  if (!queued.empty() && !parse_queued_signals(queued, status)) {
    return fail(Error::malformed("parse status: SigQ line", queued));
  }
  return status;
}

Result<Status> read_status(const ProcessDir& process, std::string& buffer) {
  const Result<std::string_view> text = read_file(process.fd(), "status", buffer);
  if (!text) return fail(process.explain(text.error()));
  Result<Status> status = parse_status(*text);
  if (!status) return fail(status.error().during(process.name()));
  return status;
}

}  // namespace kcommons::procfs
