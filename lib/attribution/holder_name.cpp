#include "attribution/holder_name.hpp"

#include <array>

#include "base/text.hpp"

namespace kcommons::attribution {

std::string short_id(std::string_view id) {
  constexpr std::size_t kShortId = 12;
  return text::printable(id.substr(0, kShortId));
}

std::string holder_name(const Holder& holder) {
  if (holder.kind == Holder::Kind::kHost) {
    if (is_other(holder)) return "other host groups";
    return text::printable(holder.unit);
  }
  if (is_other(holder)) return "other containers";
  const std::array parts{&holder.pod_namespace, &holder.pod, &holder.container};
  std::string name;
  for (const std::string* part : parts) {
    if (part->empty()) continue;
    if (!name.empty()) name += '/';
    name += text::printable(*part);
  }
  return name.empty() ? short_id(holder.container_id) : name;
}

}  // namespace kcommons::attribution
