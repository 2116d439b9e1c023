#include "census/sampler.hpp"

namespace kcommons::census {

namespace {

// Measures from its making to the call of spent().
class Meter final {
 public:
  explicit Meter(const Clock& clock) : clock_(clock), wall_(clock.steady()), cpu_(thread_cpu()) {}
  [[nodiscard]] PassCost spent() const {
    return {.wall = clock_.steady() - wall_, .cpu = thread_cpu() - cpu_};
  }

 private:
  const Clock& clock_;
  SteadyTime wall_;
  CpuTime cpu_;
};

}  // namespace

Sampler::Sampler(std::unique_ptr<Source> source, Cadence::Options cadence, SampleListener& listener,
                 const Clock& clock)
    : source_(std::move(source)), cadence_(cadence), listener_(listener), clock_(clock) {}

Sampler::~Sampler() {
  stop();
}

void Sampler::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Sampler::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Sampler::run(const std::stop_token& stop) {
  Cadence cadence(cadence_, clock_.steady());
  while (!stop.stop_requested()) {
    const Cadence::Due due = cadence.due(clock_.steady());
    if (due.pools) {
      const Meter meter(clock_);
      auto reading = source_->read_pools();
      const PassCost cost = meter.spent();
      cadence.pools_done(clock_.steady(), reading ? &*reading : nullptr);
      listener_.on_pools(std::move(reading), cost);
    }
    if (due.holdings && !stop.stop_requested()) {
      const Meter meter(clock_);
      auto census = source_->take_census(stop);
      const PassCost cost = meter.spent();
      if (stop.stop_requested()) return;
      cadence.holdings_done(clock_.steady());
      listener_.on_census(std::move(census), cost);
    }
    std::unique_lock lock(mutex_);
    wake_.wait_until(lock, stop, cadence.next(), [] { return false; });
  }
}

}  // namespace kcommons::census
