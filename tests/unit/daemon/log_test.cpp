#include "daemon/log.hpp"

#include <fcntl.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <sstream>

#include "base/unique_fd.hpp"
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

// All that is in a pipe now.
std::string taken_from(int pipe) {
  std::string all;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = ::read(pipe, part.data(), part.size())) > 0;) {
    all.append(part.data(), static_cast<std::size_t>(got));
  }
  return all;
}

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

TEST_CASE("of events one a minute is said, and how many were not", "[daemon]") {
  Captured captured;
  TroubleLog troubles(captured.log);
  for (int i = 0; i < 3; ++i) troubles.note("request", "no memory");
  troubles.note("engine", "hm");
  CHECK(captured.lines() == 2);
  captured.clock.advance(std::chrono::seconds(60));
  troubles.note("request", "no file");
  CHECK(captured.lines() == 3);
  CHECK_THAT(captured.text.str(), Catch::Contains("msg=\"request\" detail=\"no file\" unsaid=2\n"));
}

TEST_CASE("a log that nobody takes holds up nobody, and what is left out is told", "[daemon]") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  REQUIRE(::fcntl(reader.get(), F_SETFL, O_NONBLOCK) == 0);
  const test::FakeClock clock;
  Log log = Log::to_descriptor(writer.get(), LogLevel::kInfo, LogFormat::kLogfmt, clock);
  const std::string detail(10000, 'x');
  std::size_t written = 0;
  constexpr std::size_t kLines = 1000;
  const auto began = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < kLines; ++i) log.info("line", {{"detail", detail}});
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
  std::string all = taken_from(reader.get());
  log.info("later");
  all += taken_from(reader.get());
  const std::string whole = " detail=" + detail + "\n";
  for (auto at = all.find(whole); at != std::string::npos; at = all.find(whole, at + 1)) ++written;
  CHECK(written > 0);
  CHECK(written < kLines);
  // The one that had begun has an end.
  CHECK(all.find("x\nts=2023-11-14T22:13:20.000Z level=warn msg=\"nobody took the log, lines are "
                 "left out\" lines=" +
                 std::to_string(kLines - written) + "\nts=") != std::string::npos);
  CHECK(all.ends_with(" msg=\"later\"\n"));
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
