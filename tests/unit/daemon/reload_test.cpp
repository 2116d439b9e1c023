#include "daemon/reload.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <sstream>
#include <thread>

#include "fake_clock.hpp"

using namespace kcommons;
using namespace kcommons::daemon;
using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

namespace {

struct Rig {
  std::ostringstream text;
  test::FakeClock clock;
  Log log{std::make_shared<spdlog::logger>(
              "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text, true)),
          LogLevel::kInfo, LogFormat::kLogfmt, clock};
  exposition::SelfMetrics self;
  Notifier notifier{{}, clock};
  config::LoadResult file;
  std::string against;  // what Apply says
  std::vector<Strings> applied;
  Reloader reloader{{},
                    [this] { return file; },
                    [this](const config::Config&, const Strings& changed) -> Result<void> {
                      if (!against.empty()) return fail(Error::other(against));
                      applied.push_back(changed);
                      return {};
                    },
                    {.notifier = notifier, .self = self, .log = log, .clock = clock}};

  [[nodiscard]] bool serves_success(bool success) const {
    return self.render().find(std::string("kcommons_config_last_reload_successful ") +
                              (success ? "1" : "0")) != std::string::npos;
  }
};

}  // namespace

TEST_CASE("keys that take files sockets or rights cannot change while the daemon runs",
          "[daemon]") {
  // With a new key: does Apply take it on, or does it take a restart?
  Strings keys = config::known_keys();
  std::erase_if(keys, [](const std::string& key) { return key.find("[]") != std::string::npos; });
  CHECK(fixed_keys(keys) == Strings{"source", "reserve.walks", "reserve.connections",
                                    "incidents.threshold", "incidents.clear",
                                    "incidents.clear_after", "incidents.holders", "incidents.keep",
                                    "incidents.file", "paths.procfs", "paths.sysfs", "paths.rootfs",
                                    "web.listen_address", "web.telemetry_path", "web.max_requests",
                                    "web.config_file", "web.enable_lifecycle", "log.format"});
}

TEST_CASE("a reload that finds nothing new succeeds", "[daemon]") {
  Rig rig;
  CHECK(rig.reloader.reload().empty());
  CHECK(rig.applied == std::vector<Strings>{{}});
  CHECK(rig.serves_success(true));
  CHECK_THAT(rig.text.str(), Catch::Contains("msg=\"configuration reloaded\" changed=nothing"));
}

TEST_CASE("what is new takes effect once", "[daemon]") {
  Rig rig;
  rig.file.config.limits.max_pools = 7;
  rig.file.config.log.level = config::Config::Log::Level::kError;
  CHECK(rig.reloader.reload().empty());
  CHECK(rig.reloader.reload().empty());
  CHECK(rig.applied == std::vector<Strings>{{"limits.max_pools", "log.level"}, {}});
}

TEST_CASE("a reload is refused whole with every mistake", "[daemon]") {
  Rig rig;
  rig.file.config.limits.max_pools = 7;
  Strings expected;
  SECTION("of the file") {
    rig.file.errors = {{.path = "f", .line = 1, .column = 2, .message = "a: b, expected c"},
                       {.path = "f", .line = 3, .column = 4, .message = "d: e, expected f"}};
    expected = {"f:1:2: a: b, expected c", "f:3:4: d: e, expected f"};
  }
  SECTION("keys that take a restart") {
    rig.file.config.paths.procfs = "/host/proc";
    rig.file.config.web.listen_addresses = {":1"};
    expected = {"paths.procfs: changed, which takes a restart: restart kcommons, or put it back",
                "web.listen_address: changed, which takes a restart: restart kcommons, or put it "
                "back"};
  }
  SECTION("what only shows when it is to take effect") {
    rig.against = "no luck";
    expected = {"no luck"};
  }
  CHECK(rig.reloader.reload() == expected);
  CHECK(rig.applied.empty());
  CHECK(rig.serves_success(false));
  for (const std::string& mistake : expected) CHECK_THAT(rig.text.str(), Catch::Contains(mistake));

  // The one before stays in force, and is what the next is compared with.
  rig.file.errors.clear();
  rig.against.clear();
  rig.file.config = {};
  CHECK(rig.reloader.reload().empty());
  CHECK(rig.applied == std::vector<Strings>{{}});
  CHECK(rig.serves_success(true));
}

TEST_CASE("reloads come one after the other and who asks does not wait", "[daemon]") {
  std::ostringstream text;
  const test::FakeClock clock;
  Log log(std::make_shared<spdlog::logger>(
              "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text, true)),
          LogLevel::kInfo, LogFormat::kLogfmt, clock);
  exposition::SelfMetrics self;
  Notifier notifier({}, clock);
  std::promise<void> entered;
  std::promise<void> go_on;
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::atomic<int> reads = 0;
  const auto read = [&] {
    most = std::max(most.load(), ++inside);
    if (++reads == 1) {
      entered.set_value();
      go_on.get_future().wait();
    }
    --inside;
    return config::LoadResult{};
  };
  Reloader reloader({}, read, [](const auto&, const auto&) { return Result<void>(); },
                    {.notifier = notifier, .self = self, .log = log, .clock = clock});
  reloader.ask();
  REQUIRE(entered.get_future().wait_for(30s) == std::future_status::ready);
  reloader.ask();
  reloader.ask();
  auto other = std::async(std::launch::async, [&reloader] { return reloader.reload(); });
  CHECK(other.wait_for(20ms) == std::future_status::timeout);
  go_on.set_value();
  CHECK(other.get().empty());
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (reads < 3 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  CHECK(reads == 3);
  CHECK(most == 1);
}
