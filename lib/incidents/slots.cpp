#include "incidents/slots.hpp"

#include <algorithm>
#include <tuple>

namespace kcommons::incidents {

int Slots::worth_of(const Use& use, std::uint64_t incident) const {
  if (use.sequence == 0) return 0;
  const bool is_superfluous = std::ranges::any_of(uses_, [&use](const Use& other) {
    return other.incident == use.incident && other.sequence > use.sequence;
  });
  if (is_superfluous) return 1;
  if (use.incident == incident) return 4;
  return use.open ? 3 : 2;
}

std::size_t Slots::choose(std::uint64_t incident) const {
  std::size_t best = 0;
  auto least = std::tuple(worth_of(uses_.front(), incident), uses_.front().sequence);
  for (std::size_t i = 1; i < uses_.size(); ++i) {
    const auto worth = std::tuple(worth_of(uses_[i], incident), uses_[i].sequence);
    if (worth >= least) continue;
    least = worth;
    best = i;
  }
  return best;
}

void Slots::put(std::size_t slot, std::uint64_t sequence, std::uint64_t incident, bool open) {
  uses_.at(slot) = {.sequence = sequence, .incident = incident, .open = open};
}

}  // namespace kcommons::incidents
