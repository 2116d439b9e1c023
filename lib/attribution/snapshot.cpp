#include "attribution/snapshot.hpp"

#include <algorithm>

namespace kcommons::attribution {

std::optional<double> fullness(std::uint64_t used, const std::optional<catalogue::Limit>& limit) {
  if (!limit || !limit->value) return std::nullopt;
  // A limit of 0 is as full as can be, whatever is used; dividing by 1 says so without infinity.
  if (*limit->value == 0 && used == 0) return 1.0;
  return static_cast<double>(used) / static_cast<double>(std::max<std::uint64_t>(*limit->value, 1));
}

}  // namespace kcommons::attribution
