#include "census/cadence.hpp"

#include <algorithm>
#include <utility>

namespace kcommons::census {

namespace {

double fullness_of_pool(std::uint64_t used, std::uint64_t limit) {
  return static_cast<double>(used) / static_cast<double>(std::max<std::uint64_t>(limit, 1));
}

SteadyTime next_after(SteadyTime last, SteadyTime now, std::chrono::milliseconds interval) {
  const SteadyTime next = last + interval;
  return next > now ? next : now + interval;
}

}  // namespace

void Cadence::configure(Options options, SteadyTime now) {
  options_ = options;
  next_pools_ = std::min(next_pools_, now + options.pools_interval);
  next_holdings_ = std::min(next_holdings_, now + options.holdings_interval);
}

Cadence::Due Cadence::due(SteadyTime now) const {
  return {.pools = now >= next_pools_, .holdings = now >= next_holdings_};
}

SteadyTime Cadence::next() const {
  return std::min(next_pools_, next_holdings_);
}

Cadence::Fullness Cadence::fullness_of(const PoolsReading& reading) {
  Fullness fullness;
  for (std::size_t i = 0; i < reading.readings.size(); ++i) {
    const Reading& host = reading.readings[i];
    if (!host.used || !host.limit || !host.limit->value) continue;
    // Packets come and go within a pass, and a census would find nobody who holds them.
    if (i == catalogue::index_of(catalogue::ResourceId::kPacketBacklog)) continue;
    const PoolId id(static_cast<catalogue::ResourceId>(i), UserNsInode(), Uid());
    fullness[id] = fullness_of_pool(*host.used, *host.limit->value);
  }
  for (const Charge& charge : reading.charges) {
    const auto& of_all = reading.readings[catalogue::index_of(charge.resource)].limit;
    const auto& limit = charge.limit ? charge.limit : of_all;
    if (!limit || !limit->value) continue;
    fullness[{charge.resource, charge.user_ns, charge.uid}] =
        fullness_of_pool(charge.used, *limit->value);
  }
  return fullness;
}

// A pool that was not there before had nothing in it.
bool Cadence::alarms(const Fullness& now) const {
  if (!last_fullness_) return false;
  return std::ranges::any_of(now, [this](const auto& pool) {
    const auto at = last_fullness_->find(pool.first);
    const double before = at == last_fullness_->end() ? 0 : at->second;
    const bool crossed = pool.second >= options_.alarm_fullness && before < options_.alarm_fullness;
    return crossed || pool.second - before >= options_.alarm_growth;
  });
}

void Cadence::pools_done(SteadyTime now, const PoolsReading* reading) {
  next_pools_ = next_after(next_pools_, now, options_.pools_interval);
  if (reading == nullptr) return;
  Fullness fullness = fullness_of(*reading);
  if (alarms(fullness)) {
    const SteadyTime earliest =
        last_holdings_ ? std::max(now, *last_holdings_ + options_.least_distance) : now;
    next_holdings_ = std::min(next_holdings_, earliest);
  }
  last_fullness_ = std::move(fullness);
}

void Cadence::holdings_done(SteadyTime now) {
  next_holdings_ = next_after(next_holdings_, now, options_.holdings_interval);
  last_holdings_ = now;
}

}  // namespace kcommons::census
