#include "identity/users.hpp"

#include "base/text.hpp"
#include "identity/facts.hpp"

namespace kcommons::identity {

std::map<Uid, User> parse_passwd(std::string_view text) {
  std::map<Uid, User> users;
  while (!text.empty()) {
    const auto fields = text::split(text::take_until(text, '\n'), ':');
    constexpr std::size_t kFields = 7;
    if (fields.size() != kFields || fields[0].empty()) continue;
    if (fields[0].front() == '+' || fields[0].front() == '-') continue;
    const auto uid = text::parse_number<Uid::rep>(fields[2]);
    if (uid) users.emplace(Uid(*uid), User{safe_text(fields[0]), std::string(fields[5])});
  }
  return users;
}

}  // namespace kcommons::identity
