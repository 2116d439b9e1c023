#include "daemon/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "fake_clock.hpp"

using namespace kcommons;
using namespace kcommons::daemon;

namespace {

const WallTime kTime{std::chrono::milliseconds(1'700'000'000'042)};

struct Captured {
  std::ostringstream text;
  test::FakeClock clock;
  Log log{logger(), LogLevel::kInfo, LogFormat::kLogfmt, clock};

  std::shared_ptr<spdlog::logger> logger() {
    auto made = std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text, true));
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    return made;
  }
  [[nodiscard]] std::size_t lines() const {
    const std::string all = text.str();
    return static_cast<std::size_t>(std::ranges::count(all, '\n'));
  }
};

}  // namespace

TEST_CASE("an event is one logfmt line", "[daemon]") {
  CHECK(format_event(LogFormat::kLogfmt, kTime, LogLevel::kWarn, "hello there",
                     {{"path", "/proc"}, {"why", "no luck"}}) ==
        R"(ts=2023-11-14T22:13:20.042Z level=warn msg="hello there" path=/proc why="no luck")");
}

TEST_CASE("an event is one JSON object", "[daemon]") {
  CHECK(format_event(LogFormat::kJson, kTime, LogLevel::kError, "hello", {{"why", "a \"b\""}}) ==
        R"({"ts":"2023-11-14T22:13:20.042Z","level":"error","msg":"hello","why":"a \"b\""})");
}

TEST_CASE("hostile values cannot start a line or leave their quotes", "[daemon]") {
  for (const LogFormat format : {LogFormat::kLogfmt, LogFormat::kJson}) {
    const std::string line = format_event(format, kTime, LogLevel::kInfo, "x",
                                          {{"name", "a\n\" level=error \\\x1b[31m\xff"}});
    CHECK(line.find('\n') == std::string::npos);
    CHECK(line.find('\x1b') == std::string::npos);
    CHECK_THAT(line, Catch::Contains(R"(\" level=error)"));
  }
}

TEST_CASE("events below the level are not written", "[daemon]") {
  Captured captured;
  captured.log.debug("quiet");
  captured.log.info("loud");
  CHECK(captured.lines() == 1);
}

TEST_CASE("a lasting trouble is said when it begins and when it ends", "[daemon]") {
  Captured captured;
  TroubleLog troubles(captured.log);
  troubles.report("disk", "");
  CHECK(captured.lines() == 0);
  troubles.report("disk", "3 files");
  troubles.report("disk", "4 files");
  troubles.report("net", "down");
  CHECK(captured.lines() == 2);
  CHECK_THAT(captured.text.str(), Catch::Contains("level=warn msg=\"disk\" detail=\"3 files\""));
  troubles.report("disk", "");
  troubles.report("disk", "");
  CHECK(captured.lines() == 3);
}

TEST_CASE("another level holds from now on", "[daemon]") {
  Captured captured;
  captured.log.set_least(LogLevel::kError);
  captured.log.warn("quiet");
  CHECK(captured.lines() == 0);
  captured.log.set_least(LogLevel::kDebug);
  captured.log.debug("loud");
  CHECK(captured.lines() == 1);
}
