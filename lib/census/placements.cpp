#include "census/placements.hpp"

#include <utility>

namespace kcommons::census {

void Placements::begin(Census& census) {
  census_ = &census;
  index_.clear();
  last_by_text_ = std::exchange(by_text_, {});
}

void Placements::end() {
  last_by_text_.clear();
  census_ = nullptr;
}

Placements::Ptr Placements::resolve(std::string_view cgroup_text) {
  std::string key(cgroup_text);
  if (const auto at = by_text_.find(key); at != by_text_.end()) return at->second;
  const auto before = last_by_text_.find(key);
  Ptr placement = before != last_by_text_.end()
                      ? before->second
                      : std::make_shared<const cgroup::Placement>(cgroup::resolve(key, layouts_));
  by_text_.emplace(std::move(key), placement);
  return placement;
}

std::uint32_t Placements::index_of(const Ptr& placement) {
  const auto next = static_cast<std::uint32_t>(census_->placements.size());
  const auto [at, added] = index_.emplace(placement.get(), next);
  if (added) {
    census_->placements.push_back(*placement);
    if (placement->outside_namespace) census_->cgroup_namespace_private = true;
  }
  return at->second;
}

}  // namespace kcommons::census
