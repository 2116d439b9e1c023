// What the daemon counts about itself: its passes, failed reads, source, build and process. These
// are the only series that live longer than a snapshot, so they are kept as counters and gauges
// (in a prometheus::Registry, registered from the rows of the metric table) and rendered with the
// rest by the strict writer.
//
// All keys of a closed set start at zero; what is not known yet (the time of the first success,
// a limit of the process that is infinite) has no series. Thread-safe. Only the constructor can
// throw, when memory is short or the table's names are refused.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "census/census.hpp"

namespace kcommons::exposition {

enum class Pass : std::uint8_t { kPools, kHoldings };
inline constexpr std::size_t kPassCount = 2;
// The value of the label `kind`: pools or holdings.
std::string_view name_of(Pass pass);

// The daemon's own process. Empty is what could not be read, or a limit that is none.
struct ProcessStats {
  std::optional<double> cpu_seconds = std::nullopt;  // user and system since its start
  std::optional<std::uint64_t> open_fds = std::nullopt;
  std::optional<std::uint64_t> max_fds = std::nullopt;
  std::optional<std::uint64_t> virtual_memory_bytes = std::nullopt;
  std::optional<std::uint64_t> virtual_memory_max_bytes = std::nullopt;
  std::optional<std::uint64_t> resident_memory_bytes = std::nullopt;
  std::optional<double> start_time_seconds = std::nullopt;  // since the epoch
  std::optional<std::uint64_t> threads = std::nullopt;
};

class SelfMetrics final {
 public:
  SelfMetrics();
  SelfMetrics(const SelfMetrics&) = delete;
  SelfMetrics& operator=(const SelfMetrics&) = delete;
  ~SelfMetrics();

  // A pass ended at `at`, having taken so much elapsed and processor time. The timestamp that is
  // served moves only with a success.
  void pass_done(Pass pass, bool success, std::chrono::duration<double> wall,
                 std::chrono::duration<double> cpu, WallTime at);
  // What each reader took in one pass.
  void count_costs(Pass pass, const census::ReaderCosts& costs);
  // The reads that failed in one pass, by ErrorKind.
  void count_failures(Pass pass, const std::array<std::uint64_t, census::kErrorKindCount>& by_kind);
  // How long a census was held up for names.
  void set_identity_wait(std::chrono::duration<double> wait);
  // How many reads of a source of names have failed since the start.
  void set_identity_failures(std::string_view source, std::uint64_t failures);
  // How many descriptors that were opened ahead are left.
  void set_reserve(std::string_view purpose, std::size_t left);
  void count_incident(std::string_view resource);
  void set_open_incidents(std::size_t count);
  // The configuration was read at `at`. The timestamp that is served moves only with a success.
  void config_read(bool success, WallTime at);
  // Each of these takes the place of what was set before.
  void set_build(std::string_view version, std::string_view revision, std::string_view compiler);
  void set_source(std::string_view source, std::string_view reason);
  void set_process(const ProcessStats& stats);

  [[nodiscard]] std::string render() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kcommons::exposition
