// The thread that asks, and what becomes of its answers.
#include "terminal/worker.hpp"

#include <poll.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

#include "sample.hpp"
#include "terminal/live.hpp"

using namespace kcommons;
using namespace kcommons::terminal;
using namespace std::chrono_literals;
using attribution::By;

namespace {

class FakeFeed final : public Feed {
 public:
  Result<View> look(By by) override {
    ++looks;
    if (gate) gate->wait();
    if (throws) throw std::runtime_error("out of luck");
    if (fails) return fail(Error::other("the host is out"));
    return test::seen_by(by)->view;
  }
  Result<report::Instances> instances(Pid pid) override {
    ++questions;
    return report::Instances{.pid = pid, .command = "web", .instances = {}, .limits = {}};
  }
  Result<report::Watches> watches(Pid pid, int fd) override {
    return report::Watches{.pid = pid, .fd = fd, .watches = {}, .limits = {}};
  }

  std::atomic<int> looks{0};
  std::atomic<int> questions{0};
  std::atomic<bool> fails{false};
  std::atomic<bool> throws{false};
  std::optional<std::shared_future<void>> gate;
};

// The next answers; none after half a minute.
std::vector<Answer> next(Worker& worker) {
  pollfd ready{.fd = worker.fd(), .events = POLLIN, .revents = 0};
  constexpr int kDeadline = 30'000;
  if (::poll(&ready, 1, kDeadline) != 1) return {};
  return worker.answers();
}

struct Started {
  std::shared_ptr<FakeFeed> feed = std::make_shared<FakeFeed>();
  std::unique_ptr<Worker> worker = std::move(*Worker::start(feed));
};

constexpr Wanted kContainers{.what = Wanted::What::kLook, .by = By::kContainer};
constexpr Wanted kInstances{.what = Wanted::What::kInstances, .pid = Pid(7)};

}  // namespace

TEST_CASE("what is wanted is asked at once and again", "[terminal]") {
  Started started;
  started.worker->want(kContainers, 1ms, false, 0);
  for (int i = 0; i < 3; ++i) {
    const auto answers = next(*started.worker);
    REQUIRE_FALSE(answers.empty());
    CHECK(answers.front().seen);
    CHECK(answers.front().wanted == kContainers);
  }
  CHECK(started.worker->stop());
}

TEST_CASE("another wish is not kept waiting by the interval", "[terminal]") {
  Started started;
  started.worker->want(kContainers, 1h, false, 0);
  REQUIRE(next(*started.worker).size() == 1);
  started.worker->want({.by = By::kProcess}, 1h, false, 0);
  REQUIRE(next(*started.worker).size() == 1);
  started.worker->want({.by = By::kProcess}, 1h, false, 1);
  REQUIRE(next(*started.worker).size() == 1);
  CHECK(started.feed->looks == 3);
}

TEST_CASE("what makes others wait is asked once", "[terminal]") {
  Started started;
  started.worker->want(kInstances, 1ms, false, 0);
  REQUIRE(next(*started.worker).size() == 1);
  std::this_thread::sleep_for(100ms);
  CHECK(started.worker->answers().empty());
  CHECK(started.feed->questions == 1);
}

TEST_CASE("nothing is asked while it is paused", "[terminal]") {
  Started started;
  started.worker->want(kContainers, 1ms, true, 0);
  // The first is asked all the same: there would be nothing to see.
  REQUIRE(next(*started.worker).size() == 1);
  std::this_thread::sleep_for(100ms);
  CHECK(started.worker->answers().empty());
  started.worker->want(kContainers, 1ms, false, 0);
  CHECK_FALSE(next(*started.worker).empty());
}

TEST_CASE("a feed that fails or throws is an error and is asked again", "[terminal]") {
  Started started;
  started.feed->fails = true;
  started.worker->want(kContainers, 1ms, false, 0);
  CHECK(next(*started.worker).front().error == "the host is out");
  started.feed->throws = true;
  std::string error;
  while (error != "look: out of luck") {
    const auto answers = next(*started.worker);
    REQUIRE_FALSE(answers.empty());
    error = answers.back().error;
  }
}

TEST_CASE("a question that hangs is told and left behind", "[terminal]") {
  std::promise<void> open;
  auto feed = std::make_shared<FakeFeed>();
  feed->gate = open.get_future().share();
  auto worker = std::move(*Worker::start(feed));
  worker->want(kContainers, 1ms, false, 0);
  while (feed->looks == 0) std::this_thread::yield();
  CHECK(worker->asked_at());
  CHECK_FALSE(worker->stop());
  open.set_value();
  // It lets go of the feed when it ends.
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  worker.reset();
  while (feed.use_count() > 1 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  CHECK(feed.use_count() == 1);
}

TEST_CASE("answers are kept and errors are of the place where one is", "[terminal]") {
  Data data;
  take({.wanted = kContainers, .seen = test::seen_by(By::kContainer)}, kContainers, data);
  REQUIRE(data.of(By::kContainer) != nullptr);
  take({.wanted = kContainers, .error = "gone"}, kContainers, data);
  CHECK(data.error == "gone");
  CHECK(data.of(By::kContainer) != nullptr);
  take({.wanted = kInstances, .error = "no such process"}, kContainers, data);
  CHECK(data.error == "gone");
  take({.wanted = kContainers, .seen = test::seen_by(By::kContainer)}, kContainers, data);
  CHECK(data.error.empty());
}
