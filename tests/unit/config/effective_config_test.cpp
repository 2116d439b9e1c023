#include "effective_config.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace kcommons;
using namespace kcommons::cmd;

namespace {

// max_requests is 8 and telemetry_path /node/metrics there.
const std::string kFile = KCOMMONS_FIXTURES "/config/full.yaml";

config::Config good(const Given& environment, const Given& flags) {
  const auto result = effective_config(environment, flags);
  for (const auto& error : result.errors) FAIL_CHECK(error.text());
  return result.config;
}

}  // namespace

TEST_CASE("without file and settings the defaults are in force", "[config]") {
  CHECK(good({}, {}) == config::Config{});
  CHECK(good({{"config.file", ""}}, {}) == config::Config{});
}

TEST_CASE("a flag wins over the environment which wins over the file", "[config]") {
  const Given file{{"config.file", kFile}};
  CHECK(good(file, {}).web.max_requests == 8);
  const Given environment{{"config.file", kFile}, {"web.max-requests", "9"}};
  CHECK(good(environment, {}).web.max_requests == 9);
  CHECK(good(environment, {{"web.max-requests", "10"}}).web.max_requests == 10);
  CHECK(good(file, {{"web.max-requests", "10"}}).web.max_requests == 10);
  CHECK(good(environment, {{"web.max-requests", "10"}}).web.telemetry_path == "/node/metrics");
}

TEST_CASE("a file named by a flag wins over one named by the environment", "[config]") {
  CHECK(good({{"config.file", "/nonexistent"}}, {{"config.file", kFile}}).web.max_requests == 8);
  CHECK(good({{"config.file", "/nonexistent"}}, {{"config.file", ""}}) == config::Config{});
}

TEST_CASE("every flag sets its key and no other", "[config]") {
  const Given flags{{"web.listen-address", ":1"},
                    {"web.telemetry-path", "/m"},
                    {"web.max-requests", "2"},
                    {"web.config.file", "/w"},
                    {"web.enable-lifecycle", "true"},
                    {"path.procfs", "/host/proc"},
                    {"path.sysfs", "/host/sys"},
                    {"path.rootfs", "/host"},
                    {"log.level", "error"},
                    {"log.format", "json"},
                    {"source", "procfs"}};
  REQUIRE(flags.size() == kFlags.size());
  config::Config expected;
  expected.web = {{":1"}, "/m", 2, "/w", true};
  expected.source = config::Config::Source::kProcfs;
  expected.paths = {"/host/proc", "/host/sys", "/host"};
  expected.log = {config::Config::Log::Level::kError, config::Config::Log::Format::kJson};
  CHECK(good({}, flags) == expected);
  CHECK(good(flags, {}) == expected);
}

TEST_CASE("a wrong value is an error even where another wins over it", "[config]") {
  const auto result = effective_config({{"config.file", kFile}, {"log.level", "loud"}},
                                       {{"log.level", "info"}, {"path.procfs", "proc"}});
  std::vector<std::string> lines;
  for (const auto& error : result.errors) lines.push_back(error.text());
  CHECK(lines == std::vector<std::string>{
                     "--path.procfs: \"proc\", expected an absolute path",
                     "KCOMMONS_LOG_LEVEL: \"loud\", expected debug, info, warn or error"});
}

TEST_CASE("variables are named after flags", "[config]") {
  CHECK(environment_name("config.file") == "KCOMMONS_CONFIG_FILE");
  CHECK(environment_name("web.listen-address") == "KCOMMONS_WEB_LISTEN_ADDRESS");
}
