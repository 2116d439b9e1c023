#include "identity/kubelet_logs.hpp"

#include "base/text.hpp"

namespace kcommons::identity {

// None of the three has a '_' in it: all are names of DNS.
Facts parse_kubelet_log(std::string_view name) {
  constexpr std::string_view kSuffix = ".log";
  if (!name.ends_with(kSuffix)) return {};
  name.remove_suffix(kSuffix.size());
  const auto dash = name.rfind('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view id = name.substr(dash + 1);
  if (!is_random_id(id)) return {};
  const auto parts = text::split(name.substr(0, dash), '_');
  if (parts.size() != 3 || parts[0].empty() || parts[1].empty() || parts[2].empty()) return {};
  Facts facts;
  facts.id = std::string(id);
  facts.pod = safe_text(parts[0]);
  facts.pod_namespace = safe_text(parts[1]);
  facts.container = safe_text(parts[2]);
  return facts;
}

}  // namespace kcommons::identity
