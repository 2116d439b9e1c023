// The sampler thread: asks the source at its cadence and hands each result to its listener.
//
// start() begins the thread and stop(), or the destructor, ends it after the pass under way. The
// listener is called on the sampler thread only. Where memory runs out, the pass has failed;
// another exception out of the source or the listener, or that one again, ends the process: a
// daemon that samples no more must not look alive.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

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

class Sampler final {
 public:
  // `listener` and `clock` must outlive the sampler.
  Sampler(std::unique_ptr<Source> source, Cadence::Options cadence, SampleListener& listener,
          const Clock& clock);
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  void start();
  void stop();

 private:
  void run(const std::stop_token& stop);

  std::unique_ptr<Source> source_;
  Cadence::Options cadence_;
  SampleListener& listener_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace kcommons::census
