#include "identity/user_names.hpp"

#include "base/text.hpp"
#include "identity/facts.hpp"

namespace kcommons::identity {

std::map<Uid, std::string> parse_passwd(std::string_view text) {
  std::map<Uid, std::string> names;
  while (!text.empty()) {
    const auto fields = text::split(text::take_until(text, '\n'), ':');
    constexpr std::size_t kFields = 7;
    if (fields.size() != kFields || fields[0].empty()) continue;
    if (fields[0].front() == '+' || fields[0].front() == '-') continue;
    const auto uid = text::parse_number<Uid::rep>(fields[2]);
    if (uid) names.emplace(Uid(*uid), safe_text(fields[0]));
  }
  return names;
}

}  // namespace kcommons::identity
