#include "daemon/sampler_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace kcommons::daemon {

namespace {

using census::SamplerProgress;

std::string_view whereabouts(SamplerProgress::Doing doing) {
  switch (doing) {
    case SamplerProgress::Doing::kPools:
      return "it is reading the pools";
    case SamplerProgress::Doing::kHoldings:
      return "it is in the census";
    case SamplerProgress::Doing::kWaiting:
      break;
  }
  return "it does not begin the next";
}

}  // namespace

std::chrono::milliseconds patience_for(const config::Config::Sampling& sampling) {
  constexpr std::chrono::milliseconds kLeast{5000};
  constexpr std::chrono::milliseconds kMost{60000};
  return std::max(3 * sampling.pools_interval,
                  std::clamp(3 * sampling.holdings_interval, kLeast, kMost));
}

SamplerWatch::SamplerWatch(Ask ask, std::chrono::milliseconds patience, const Clock& clock)
    : ask_(std::move(ask)),
      clock_(clock),
      patience_(patience),
      last_(ask_()),
      alive_at_(clock.steady()) {}

void SamplerWatch::set_patience(std::chrono::milliseconds patience) {
  const std::lock_guard lock(mutex_);
  patience_ = patience;
}

std::string SamplerWatch::look() {
  const std::lock_guard lock(mutex_);
  const SamplerProgress now = ask_();
  const SteadyTime time = clock_.steady();
  const bool is_alive = now.last_pass != last_.last_pass || now.cpu != last_.cpu;
  last_ = now;
  if (is_alive) alive_at_ = time;
  if (time - alive_at_ <= patience_) return {};
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(time - now.last_pass);
  return fmt::format("the sampler has not finished a pass for {} s, {}", since.count(),
                     whereabouts(now.doing));
}

}  // namespace kcommons::daemon
