#include "procfs/mountinfo.hpp"

#include <sys/sysmacros.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace kcommons::procfs {

namespace {

std::optional<dev_t> parse_device(std::string_view word) {
  std::string_view minor = word;
  const auto major = text::parse_number<unsigned>(text::take_until(minor, ':'));
  const auto number = text::parse_number<unsigned>(minor);
  if (!major || !number) return std::nullopt;
  return ::makedev(*major, *number);
}

// mangle() of fs/seq_file.c.
std::string unescaped(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const auto code = path.front() == '\\' && path.size() > 3
                          ? text::parse_number<std::uint8_t>(path.substr(1, 3), 8)
                          : std::nullopt;
    out.push_back(code ? static_cast<char>(*code) : path.front());
    path.remove_prefix(code ? 4 : 1);
  }
  return out;
}

}  // namespace

Result<std::vector<Mount>> parse_mountinfo(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  while (!mountinfo.empty()) {
    std::string_view line = text::take_until(mountinfo, '\n');
    const std::string_view whole = line;
    text::take_word(line);
    text::take_word(line);
    const auto device = parse_device(text::take_word(line));
    const std::string_view root = text::take_word(line);
    const std::string_view point = text::take_word(line);
    if (!device || root.empty() || point.empty()) {
      return fail(Error::malformed("parse mountinfo", whole));
    }
    mounts.push_back({.device = *device, .root = unescaped(root), .point = unescaped(point)});
  }
  return mounts;
}

}  // namespace kcommons::procfs
