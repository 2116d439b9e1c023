// When to read the pools and when to take a census: two intervals, and a census out of turn when a
// pool moves fast, so that a burst has a name. Pure: the time is given. One thread.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <tuple>

#include "base/clock.hpp"
#include "census/census.hpp"

namespace kcommons::census {

class Cadence final {
 public:
  struct Options {
    std::chrono::milliseconds pools_interval{1000};
    std::chrono::milliseconds holdings_interval{10000};
    // A pool that becomes fuller than this, or grows by this share of its limit from one pools
    // pass to the next, calls for a census at once.
    double alarm_fullness = 0.9;
    double alarm_growth = 0.1;
    // Between two censuses, whatever happens.
    std::chrono::milliseconds least_distance{2000};
  };

  struct Due {
    bool pools = false;
    bool holdings = false;
  };

  // Both are due at `start`.
  Cadence(Options options, SteadyTime start)
      : options_(options), next_pools_(start), next_holdings_(start) {}

  // From now on. A pass that is due later than its new interval from now is due then.
  void configure(Options options, SteadyTime now);

  [[nodiscard]] Due due(SteadyTime now) const;
  [[nodiscard]] SteadyTime next() const;
  // Passes that fall behind are skipped, not made up for.
  void pools_done(SteadyTime now, const PoolsReading* reading);
  void holdings_done(SteadyTime now);

 private:
  // A pool: the resource, and for a pool of users the namespace and UID.
  using PoolId = std::tuple<catalogue::ResourceId, UserNsInode, Uid>;
  using Fullness = std::map<PoolId, double>;
  static Fullness fullness_of(const PoolsReading& reading);
  [[nodiscard]] bool alarms(const Fullness& now) const;

  Options options_;
  SteadyTime next_pools_;
  SteadyTime next_holdings_;
  std::optional<SteadyTime> last_holdings_;
  std::optional<Fullness> last_fullness_;
};

}  // namespace kcommons::census
