#include <fmt/core.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "commands.hpp"
#include "daemon/host_look.hpp"
#include "flags.hpp"
#include "output.hpp"
#include "report/recording.hpp"

namespace kcommons::cmd {

namespace {

struct RecordFlags {
  std::uint32_t count = 1;
  std::uint32_t interval = 10;
};

int record_host(const config::Config& config, const RecordFlags& flags) {
  const SystemClock clock;
  const auto look = daemon::HostLook::open(config, clock);
  if (!look) {
    warn(look.error().during("read the host").message() + "; there is nothing to record");
    return kExitFailure;
  }
  SteadyTime next = clock.steady();
  for (std::uint32_t i = 0; i < flags.count; ++i) {
    std::this_thread::sleep_until(next);
    next += std::chrono::seconds(flags.interval);
    const auto record = (*look)->record();
    if (!record) {
      warn(fmt::format("{}; the recording ends after {} of {} records", record.error().message(), i,
                       flags.count));
      return kExitFailure;
    }
    const int printed = print(report::record_line(*record) + "\n");
    if (printed != kExitOk) return printed;
  }
  return kExitOk;
}

}  // namespace

void add_record(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "record", "Print all that is read of the host, for `kcommons serve --replay` elsewhere");
  const auto flags = std::make_shared<RecordFlags>();
  constexpr std::uint32_t kMostRecords = 10000;
  constexpr std::uint32_t kLongestInterval = 3600;
  command->add_option("--count", flags->count, "How many records, a line each (default 1)")
      ->check(CLI::Range(1U, kMostRecords))
      ->type_name("");
  command->add_option("--interval", flags->interval, "Seconds between two (default 10)")
      ->check(CLI::Range(1U, kLongestInterval))
      ->type_name("");
  const auto given = add_flags(*command, kReadingFlags);
  command->callback([given, flags, &exit_code] {
    const auto effective = effective_config(environment(kReadingFlags), *given);
    exit_code =
        effective.errors.empty() ? record_host(effective.config, *flags) : report(effective.errors);
  });
}

}  // namespace kcommons::cmd
