#include "attribution/snapshot.hpp"

#include <algorithm>
#include <cmath>

namespace kcommons::attribution {

std::optional<double> fullness(std::uint64_t used, const std::optional<catalogue::Limit>& limit) {
  if (!limit || !limit->value) return std::nullopt;
  // A limit of 0 is as full as can be, whatever is used; dividing by 1 says so without infinity.
  if (*limit->value == 0 && used == 0) return 1.0;
  return static_cast<double>(used) / static_cast<double>(std::max<std::uint64_t>(*limit->value, 1));
}

std::optional<double> fullness(const Pool& pool) {
  return pool.used_at_census ? fullness(*pool.used_at_census, pool.limit) : std::nullopt;
}

std::optional<std::chrono::seconds> time_to_full(std::uint64_t used,
                                                 const std::optional<catalogue::Limit>& limit,
                                                 const std::optional<Growth>& growth) {
  constexpr std::chrono::seconds kFarthest = std::chrono::days(30);
  if (!growth || growth->per_second <= 0) return std::nullopt;
  if (!limit || !limit->value || used >= *limit->value) return std::nullopt;
  const double left = static_cast<double>(*limit->value - used) / growth->per_second;
  if (left > static_cast<double>(kFarthest.count())) return std::nullopt;
  return std::chrono::seconds(std::llround(left));
}

}  // namespace kcommons::attribution
