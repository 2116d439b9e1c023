#include "census/sampler.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <new>

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

// Finds no memory at its first passes.
class StarvedSource final : public Source {
 public:
  Result<PoolsReading> read_pools() override {
    if (pools_++ == 0) throw std::bad_alloc();
    return PoolsReading{};
  }
  Result<Census> take_census(const std::stop_token&) override {
    if (censuses_++ == 0) throw std::bad_alloc();
    return Census{};
  }

 private:
  int pools_ = 0;
  int censuses_ = 0;
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

TEST_CASE("a pass that finds no memory has failed and the next goes on", "[census]") {
  const SystemClock clock;
  Recorder recorder;
  Sampler sampler(std::make_unique<StarvedSource>(),
                  {.pools_interval = 1ms, .holdings_interval = 2ms}, recorder, clock);
  sampler.start();
  REQUIRE(recorder.third.get_future().wait_for(30s) == std::future_status::ready);
  sampler.stop();
  CHECK_FALSE(recorder.outcomes.at(0));
  CHECK(recorder.outcomes.at(1));
  CHECK(recorder.pools > 0);
}

TEST_CASE("a listener that finds no memory is told that the pass has failed", "[census]") {
  class Starved final : public SampleListener {
   public:
    void on_pools(Result<PoolsReading>, const PassCost&) override {}
    void on_census(Result<Census> census, const PassCost&) override {
      if (census) throw std::bad_alloc();
      kind.set_value(census.error().kind());
    }
    std::promise<ErrorKind> kind;
  };
  const SystemClock clock;
  Starved listener;
  Sampler sampler(std::make_unique<CountingSource>(), {.holdings_interval = 1h}, listener, clock);
  sampler.start();
  auto kind = listener.kind.get_future();
  REQUIRE(kind.wait_for(30s) == std::future_status::ready);
  CHECK(kind.get() == ErrorKind::kExhausted);
}

TEST_CASE("changes take effect in their order without waiting for the next pass", "[census]") {
  const SystemClock clock;
  Recorder recorder;
  Sampler sampler(std::make_unique<CountingSource>(),
                  {.pools_interval = 1h, .holdings_interval = 1h}, recorder, clock);
  sampler.start();
  std::vector<int> applied;
  std::promise<void> both;
  const Cadence::Options slow{.pools_interval = 1h, .holdings_interval = 1h};
  sampler.change({.cadence = slow, .apply = [&](Source&) { applied.push_back(1); }});
  sampler.change(
      {.cadence = {.pools_interval = 1ms, .holdings_interval = 2ms}, .apply = [&](Source&) {
         applied.push_back(2);
         both.set_value();
       }});
  REQUIRE(both.get_future().wait_for(30s) == std::future_status::ready);
  // With the new intervals there are two more censuses soon.
  REQUIRE(recorder.third.get_future().wait_for(30s) == std::future_status::ready);
  sampler.stop();
  CHECK(applied == std::vector{1, 2});
}

TEST_CASE("the sampler tells what it is at and that it uses its processor", "[census]") {
  const SystemClock clock;
  Recorder recorder;
  auto source = std::make_unique<EndlessSource>();
  auto entered = source->entered.get_future();
  Sampler sampler(std::move(source), {}, recorder, clock);
  const SamplerProgress before = sampler.progress();
  CHECK(before.doing == SamplerProgress::Doing::kWaiting);
  CHECK(before.cpu.count() == 0);
  sampler.start();
  REQUIRE(entered.wait_for(30s) == std::future_status::ready);
  const SamplerProgress in_census = sampler.progress();
  CHECK(in_census.doing == SamplerProgress::Doing::kHoldings);
  CHECK(in_census.last_pass > before.last_pass);  // the pools
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (sampler.progress().cpu == in_census.cpu && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  CHECK(sampler.progress().cpu > in_census.cpu);
  CHECK(sampler.progress().last_pass == in_census.last_pass);
  sampler.stop();
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
