#include "attribution/series_limit.hpp"

#include <algorithm>
#include <tuple>

namespace kcommons::attribution {

std::unordered_set<std::string> SeriesLimit::select(std::vector<Candidate> candidates) {
  std::unordered_set<std::string> kept;
  if (candidates.size() <= most_) {
    for (const Candidate& candidate : candidates) kept.insert(candidate.key);
    stays_.clear();
    for (const std::string& key : kept) stays_[key] = kStay;
    return kept;
  }

  const auto by_merit = [](const Candidate& a, const Candidate& b) {
    return std::tuple(!a.leads, -a.share, a.key) < std::tuple(!b.leads, -b.share, b.key);
  };
  std::ranges::sort(candidates, by_merit);
  std::unordered_set<std::string> deserving;
  for (std::size_t i = 0; i < most_; ++i) deserving.insert(candidates[i].key);

  std::ranges::stable_sort(candidates, [&](const Candidate& a, const Candidate& b) {
    const bool a_stays = stays_.contains(a.key);
    const bool b_stays = stays_.contains(b.key);
    return std::tuple(!a.leads, !a_stays) < std::tuple(!b.leads, !b_stays);
  });
  std::unordered_map<std::string, int> next;
  for (std::size_t i = 0; i < most_; ++i) {
    const std::string& key = candidates[i].key;
    kept.insert(key);
    const auto before = stays_.find(key);
    const int left = deserving.contains(key)  ? kStay
                     : before == stays_.end() ? 0
                                              : before->second - 1;
    if (left > 0) next[key] = left;
  }
  stays_ = std::move(next);
  return kept;
}

}  // namespace kcommons::attribution
