#include "identity/machines.hpp"

#include "base/text.hpp"

namespace kcommons::identity {

Facts parse_machine(std::string_view text) {
  Facts facts;
  while (!text.empty()) {
    std::string_view value = text::take_until(text, '\n');
    const std::string_view key = text::take_until(value, '=');
    if (key == "NAME") facts.container = safe_text(value);
    if (key == "SCOPE" || key == "UNIT") facts.cgroup_path = safe_text(value);
    if (key == "SERVICE" && value == "systemd-nspawn") {
      facts.runtime = cgroup::Runtime::kSystemdNspawn;
    }
    if (key == "LEADER") {
      const auto pid = text::parse_number<Pid::rep>(value);
      if (pid && *pid > 0) facts.init = Pid(*pid);
    }
  }
  if (facts.container.empty()) return {};
  facts.id = facts.container;
  return facts;
}

}  // namespace kcommons::identity
