// Which of many things get series of their own when there may be only so many: the rest is summed
// into one bucket. Not thread-safe; one per kind of thing, kept from census to census.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace kcommons::attribution {

class SeriesLimit final {
 public:
  struct Candidate {
    std::string key;
    double share = 0;    // the largest share that it has of any pool
    bool leads = false;  // the largest holder of some pool: a culprit always keeps its name
  };

  explicit SeriesLimit(std::size_t most) : most_(most) {}

  // From the next call on.
  void set_most(std::size_t most) { most_ = most; }

  // The keys to keep, at most `most` of them: first those that lead, then those that were kept in
  // the last kStay calls, so that series do not flicker, then by share.
  std::unordered_set<std::string> select(std::vector<Candidate> candidates);

  static constexpr int kStay = 3;

 private:
  std::size_t most_;
  // Calls for which a key that was chosen on its own merit still stays.
  std::unordered_map<std::string, int> stays_;
};

}  // namespace kcommons::attribution
