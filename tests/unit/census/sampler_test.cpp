#include "census/sampler.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>

using namespace kcommons;
using namespace kcommons::census;
using namespace std::chrono_literals;

namespace {

class CountingSource final : public Source {
 public:
  Result<PoolsReading> read_pools() override { return PoolsReading{}; }
  Result<Census> take_census(const std::stop_token&) override {
    if (++censuses_ == 2) return fail(Error::other("second census fails"));
    return Census{};
  }

 private:
  int censuses_ = 0;
};

// Waits in a census until it is asked to stop, as a walk over very many processes would.
class EndlessSource final : public Source {
 public:
  std::promise<void> entered;
  Result<PoolsReading> read_pools() override { return PoolsReading{}; }
  Result<Census> take_census(const std::stop_token& stop) override {
    entered.set_value();
    while (!stop.stop_requested()) std::this_thread::yield();
    return fail(Error::other("given up"));
  }
};

class Recorder final : public SampleListener {
 public:
  void on_pools(Result<PoolsReading> reading, const PassCost&) override {
    if (reading) ++pools;
  }
  void on_census(Result<Census> census, const PassCost&) override {
    outcomes.push_back(census.has_value());
    if (outcomes.size() == 3) third.set_value();
  }
  std::atomic<int> pools{0};
  std::vector<bool> outcomes;
  std::promise<void> third;
};

}  // namespace

TEST_CASE("the sampler goes on after a census that failed", "[census]") {
  const SystemClock clock;
  Recorder recorder;
  Sampler sampler(std::make_unique<CountingSource>(),
                  {.pools_interval = 1ms, .holdings_interval = 2ms}, recorder, clock);
  sampler.start();
  REQUIRE(recorder.third.get_future().wait_for(30s) == std::future_status::ready);
  sampler.stop();
  CHECK(recorder.outcomes.at(0));
  CHECK_FALSE(recorder.outcomes.at(1));
  CHECK(recorder.outcomes.at(2));
  CHECK(recorder.pools > 0);
}

TEST_CASE("a census under way is given up when the sampler stops", "[census]") {
  const SystemClock clock;
  Recorder recorder;
  auto source = std::make_unique<EndlessSource>();
  auto entered = source->entered.get_future();
  Sampler sampler(std::move(source), {}, recorder, clock);
  sampler.start();
  REQUIRE(entered.wait_for(30s) == std::future_status::ready);
  sampler.stop();
  CHECK(recorder.outcomes.empty());
}
