#include "census/sampler.hpp"

#include <pthread.h>

#include <cerrno>
#include <new>
#include <utility>

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

Error no_memory() {
  return Error::from_errno(ENOMEM, "allocate memory for a pass");
}

// Without memory to make anything of a pass, it has failed too.
template <typename T>
void hand_over(SampleListener& listener, void (SampleListener::*take)(Result<T>, const PassCost&),
               Result<T> result, const PassCost& cost) {
  try {
    (listener.*take)(std::move(result), cost);
  } catch (const std::bad_alloc&) {
    (listener.*take)(fail(no_memory()), cost);
  }
}

// A pass that finds no memory is one that failed; the next may find some.
template <typename Read>
auto guarded(Read read) -> decltype(read()) {
  try {
    return read();
  } catch (const std::bad_alloc&) {
    return fail(no_memory());
  }
}

}  // namespace

Sampler::Sampler(std::unique_ptr<Source> source, Cadence::Options cadence, SampleListener& listener,
                 const Clock& clock)
    : source_(std::move(source)),
      cadence_(cadence),
      listener_(listener),
      clock_(clock),
      last_pass_(clock.steady()) {}

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

void Sampler::change(Change change) {
  {
    const std::lock_guard lock(mutex_);
    changes_.push_back(std::move(change));
  }
  wake_.notify_all();
}

void Sampler::take_changes(Cadence& cadence) {
  std::vector<Change> changes;
  {
    const std::lock_guard lock(mutex_);
    changes = std::exchange(changes_, {});
  }
  for (const Change& change : changes) {
    change.apply(*source_);
    cadence.configure(change.cadence, clock_.steady());
  }
}

// The clock is another thread's, and may be read by any (pthread_getcpuclockid(3)); once that
// thread has ended, it cannot be read.
SamplerProgress Sampler::progress() const {
  const std::lock_guard lock(mutex_);
  SamplerProgress progress{.doing = doing_, .last_pass = last_pass_};
  timespec spent{};
  if (cpu_clock_ && ::clock_gettime(*cpu_clock_, &spent) == 0) {
    progress.cpu = std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
  }
  return progress;
}

void Sampler::begin(SamplerProgress::Doing doing) {
  const std::lock_guard lock(mutex_);
  doing_ = doing;
}

void Sampler::done() {
  const std::lock_guard lock(mutex_);
  doing_ = SamplerProgress::Doing::kWaiting;
  last_pass_ = clock_.steady();
}

void Sampler::run(const std::stop_token& stop) {
  ::pthread_setname_np(::pthread_self(), "sampler");
  {
    const std::lock_guard lock(mutex_);
    clockid_t cpu_clock{};
    if (::pthread_getcpuclockid(::pthread_self(), &cpu_clock) == 0) cpu_clock_ = cpu_clock;
  }
  Cadence cadence(cadence_, clock_.steady());
  while (!stop.stop_requested()) {
    take_changes(cadence);
    const Cadence::Due due = cadence.due(clock_.steady());
    if (due.pools) {
      begin(SamplerProgress::Doing::kPools);
      const Meter meter(clock_);
      auto reading = guarded([this] { return source_->read_pools(); });
      const PassCost cost = meter.spent();
      cadence.pools_done(clock_.steady(), reading ? &*reading : nullptr);
      hand_over(listener_, &SampleListener::on_pools, std::move(reading), cost);
      done();
    }
    if (due.holdings && !stop.stop_requested()) {
      begin(SamplerProgress::Doing::kHoldings);
      const Meter meter(clock_);
      auto census = guarded([&] { return source_->take_census(stop); });
      const PassCost cost = meter.spent();
      if (stop.stop_requested()) return;
      cadence.holdings_done(clock_.steady());
      hand_over(listener_, &SampleListener::on_census, std::move(census), cost);
      done();
    }
    std::unique_lock lock(mutex_);
    wake_.wait_until(lock, stop, cadence.next(), [this] { return !changes_.empty(); });
  }
}

}  // namespace kcommons::census
