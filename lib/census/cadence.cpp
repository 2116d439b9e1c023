#include "census/cadence.hpp"

#include <algorithm>

namespace kcommons::census {

namespace {

std::optional<double> fullness_of(const Reading& reading) {
  if (!reading.used || !reading.limit || !reading.limit->value) return std::nullopt;
  const std::uint64_t limit = std::max<std::uint64_t>(*reading.limit->value, 1);
  return static_cast<double>(*reading.used) / static_cast<double>(limit);
}

SteadyTime next_after(SteadyTime last, SteadyTime now, std::chrono::milliseconds interval) {
  const SteadyTime next = last + interval;
  return next > now ? next : now + interval;
}

}  // namespace

Cadence::Due Cadence::due(SteadyTime now) const {
  return {.pools = now >= next_pools_, .holdings = now >= next_holdings_};
}

SteadyTime Cadence::next() const {
  return std::min(next_pools_, next_holdings_);
}

bool Cadence::alarms(const Readings& readings) const {
  for (std::size_t i = 0; i < readings.size(); ++i) {
    const auto now = fullness_of(readings[i]);
    const auto before = last_fullness_[i];
    if (!now || !before) continue;
    if (*now >= options_.alarm_fullness && *before < options_.alarm_fullness) return true;
    if (*now - *before >= options_.alarm_growth) return true;
  }
  return false;
}

void Cadence::pools_done(SteadyTime now, const PoolsReading* reading) {
  next_pools_ = next_after(next_pools_, now, options_.pools_interval);
  if (reading == nullptr) return;
  if (alarms(reading->readings)) {
    const SteadyTime earliest =
        last_holdings_ ? std::max(now, *last_holdings_ + options_.least_distance) : now;
    next_holdings_ = std::min(next_holdings_, earliest);
  }
  for (std::size_t i = 0; i < last_fullness_.size(); ++i) {
    last_fullness_[i] = fullness_of(reading->readings[i]);
  }
}

void Cadence::holdings_done(SteadyTime now) {
  next_holdings_ = next_after(next_holdings_, now, options_.holdings_interval);
  last_holdings_ = now;
}

}  // namespace kcommons::census
