// Tells a sampler that hangs (in a filesystem that is dead, behind a lock that a process in D state
// has) from one whose census is merely long: the latter uses its processor. One that goes round and
// round without an end is taken for the latter; the watchdog of systemd, which is fed after passes
// alone, ends that one.
//
// Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "census/sampler.hpp"
#include "config/config.hpp"

namespace kcommons::daemon {

// For how long a sampler with these intervals may show no sign of life: three times that of the
// census, between 5 s and a minute, and never less than three times that of the pools.
std::chrono::milliseconds patience_for(const config::Config::Sampling& sampling);

class SamplerWatch final {
 public:
  // `clock` must outlive it.
  using Ask = std::function<census::SamplerProgress()>;
  SamplerWatch(Ask ask, std::chrono::milliseconds patience, const Clock& clock);

  void set_patience(std::chrono::milliseconds patience);

  // To be called every second or so: a sign of life is seen by comparing. What is wrong, for how
  // long, and where: "the sampler has not finished a pass for 63 s, it is in the census". Empty
  // while the sampler is alive.
  std::string look();

 private:
  Ask ask_;
  const Clock& clock_;
  std::mutex mutex_;
  std::chrono::milliseconds patience_;
  census::SamplerProgress last_;
  SteadyTime alive_at_;
};

}  // namespace kcommons::daemon
