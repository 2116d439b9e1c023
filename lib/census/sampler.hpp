// The sampler thread: asks the source at its cadence and hands each result to its listener.
//
// start() begins the thread and stop(), or the destructor, ends it after the pass under way. The
// listener is called on the sampler thread only. Where memory runs out, the pass has failed;
// another exception out of the source or the listener, or that one again, ends the process: a
// daemon that samples no more must not look alive. change() and progress() may
// be called from any thread, and wait for no pass.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "census/cadence.hpp"
#include "census/cost.hpp"
#include "census/source.hpp"

namespace kcommons::census {

struct PassCost {
  std::chrono::duration<double> wall{0};
  CpuTime cpu{0};  // of the sampler thread
};

class SampleListener {
 public:
  SampleListener() = default;
  SampleListener(const SampleListener&) = delete;
  SampleListener& operator=(const SampleListener&) = delete;
  virtual ~SampleListener() = default;
  virtual void on_pools(Result<PoolsReading> reading, const PassCost& cost) = 0;
  virtual void on_census(Result<Census> census, const PassCost& cost) = 0;
};

// What the sampler thread does, and what tells that it does anything at all.
struct SamplerProgress {
  enum class Doing : std::uint8_t { kWaiting, kPools, kHoldings };
  Doing doing = Doing::kWaiting;
  SteadyTime last_pass;  // its end; before the first, when the sampler was made
  CpuTime cpu{0};        // of the thread, since its start
};

class Sampler final {
 public:
  struct Change {
    Cadence::Options cadence;
    std::function<void(Source&)> apply;
  };

  // `listener` and `clock` must outlive the sampler.
  Sampler(std::unique_ptr<Source> source, Cadence::Options cadence, SampleListener& listener,
          const Clock& clock);
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  void start();
  void stop();

  // Takes effect on the sampler thread, before the next pass; those that wait, in their order.
  void change(Change change);
  [[nodiscard]] SamplerProgress progress() const;

 private:
  void run(const std::stop_token& stop);
  void take_changes(Cadence& cadence);
  void begin(SamplerProgress::Doing doing);
  void done();

  std::unique_ptr<Source> source_;
  Cadence::Options cadence_;
  SampleListener& listener_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<Change> changes_;
  SamplerProgress::Doing doing_ = SamplerProgress::Doing::kWaiting;
  SteadyTime last_pass_;
  std::optional<clockid_t> cpu_clock_;  // of the thread, from its start on
  std::jthread thread_;
};

}  // namespace kcommons::census
