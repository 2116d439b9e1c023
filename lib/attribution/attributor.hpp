// Census → Snapshot: who holds what of which pool, and who shares it.
//
// Sums are conserved: over one resource the holdings of all holders equal what the census booked at
// all processes, also when holders are cut to `_other`. Values in, values out; kept from census to
// census are which holders were given series, so that they do not flicker, and their counters. Not
// thread-safe.
#pragma once

#include <cstddef>

#include "attribution/holder_drops.hpp"
#include "attribution/series_limit.hpp"
#include "attribution/snapshot.hpp"
#include "census/census.hpp"

namespace kcommons::attribution {

struct Limits {
  std::size_t max_containers = 1000;
  std::size_t max_units = 500;
  std::size_t max_pools = 2000;
  std::size_t max_users = 500;
};

class Attributor final {
 public:
  Attributor(Limits limits, double neighbours_above);

  // From the next census on.
  void configure(Limits limits, double neighbours_above);

  Snapshot attribute(const census::Census& census);

 private:
  double neighbours_above_;
  SeriesLimit containers_;
  SeriesLimit units_;
  SeriesLimit pools_;
  SeriesLimit users_;
  HolderDrops drops_;
};

}  // namespace kcommons::attribution
