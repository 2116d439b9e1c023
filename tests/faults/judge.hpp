// Holds what is served after a fault against what was served without one. Values in, values out.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kcommons::test {

// Of an exposition that is well-formed, by name and labels.
using Series = std::map<std::string, double>;
Series series_of(std::string_view exposition);

struct Difference {
  std::string series;
  std::string what;  // "30, was 31"
};

// All there are: none is the same world twice.
std::vector<Difference> differences(const Series& before, const Series& now);

// What may not be served, whatever was counted. A value is that of before, or its series is
// missing. What is a sum of parts may have lost some: it may be less, but where a part is counted
// by the kernel, the kernel's number stays. What says how much is not known may be more.
std::vector<Difference> wrong_numbers(const Series& before, const Series& now);

// Σ holdings + Σ unattributed = used_at_census, for each pool.
std::vector<Difference> unbalanced(const Series& now);

// What is held of each pool, whoever holds it: evidence of names moves it, and loses none.
Series held_of_pools(const Series& series);

}  // namespace kcommons::test
