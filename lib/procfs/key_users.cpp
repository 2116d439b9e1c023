#include "procfs/key_users.hpp"

#include <optional>

#include "base/text.hpp"

namespace kcommons::procfs {

namespace {

bool parse_pair(std::string_view word, std::uint64_t& first, std::uint64_t& second) {
  const auto left = text::parse_number<std::uint64_t>(text::take_until(word, '/'));
  const auto right = text::parse_number<std::uint64_t>(word);
  if (!left || !right) return false;
  first = *left;
  second = *right;
  return true;
}

std::optional<KeyUser> parse_line(std::string_view line) {
  const auto uid = text::parse_number<std::uint32_t>(text::trim(text::take_until(line, ':')));
  const auto references = text::parse_number<std::uint64_t>(text::take_word(line));
  KeyUser user;
  std::uint64_t all = 0;
  std::uint64_t instantiated = 0;
  if (!uid || !references || !parse_pair(text::take_word(line), all, instantiated) ||
      !parse_pair(text::take_word(line), user.keys, user.max_keys) ||
      !parse_pair(text::take_word(line), user.bytes, user.max_bytes)) {
    return std::nullopt;
  }
  user.uid = Uid(*uid);
  return user;
}

}  // namespace

Result<std::vector<KeyUser>> parse_key_users(std::string_view text) {
  std::vector<KeyUser> users;
  std::string_view rest = text;
  // Without the end of the last line its last number may have been cut short. No lines are no users
  // that the reader has a number for.
  if (!text.empty() && !text.ends_with('\n')) {
    return fail(Error::malformed("parse key-users: cut short", text.substr(text.rfind('\n') + 1)));
  }
  while (!rest.empty()) {
    const std::string_view line = text::take_until(rest, '\n');
    const auto user = parse_line(line);
    if (!user) return fail(Error::malformed("parse key-users", line));
    users.push_back(*user);
  }
  return users;
}

}  // namespace kcommons::procfs
