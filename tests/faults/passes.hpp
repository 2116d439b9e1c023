// What the sampler's thread makes of a source, as the daemon does it: a pools pass, a census,
// names, attribution, and from these what is served.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attribution/attributor.hpp"
#include "attribution/current_pools.hpp"
#include "attribution/snapshot.hpp"
#include "base/result.hpp"
#include "census/source.hpp"
#include "fake_clock.hpp"
#include "identity/namer.hpp"

namespace kcommons::test {

// What came of one pools pass and one census.
struct Outcome {
  std::optional<Error> error;  // of a pass that failed whole
  // Reads that failed, processes that were not seen whole, reads of names that failed.
  std::uint64_t counted = 0;
  std::string first_failure;  // of the reads that failed; empty where none did
  // Of the last passes that succeeded.
  std::vector<attribution::CurrentPool> pools;
  attribution::Snapshot snapshot;

  // The two blocks of the exposition.
  [[nodiscard]] std::string served() const;
  // All that is served, in a form that costs little to compare.
  [[nodiscard]] std::vector<std::uint64_t> digest() const;
};

class Rig final {
 public:
  // Names come from `rootfs` and `procfs`. All must outlive it.
  Rig(const std::string& rootfs, const std::string& procfs, FakeClock& clock);

  // A minute and more after the one before, so that all that is asked now and then is asked.
  Outcome run(census::Source& source);
  // With a census that was taken already.
  Outcome name(census::Census census);

 private:
  void take(census::Census census);
  Outcome finish(Outcome outcome, std::uint64_t names_failed_before);
  [[nodiscard]] std::uint64_t names_failed() const;

  FakeClock& clock_;
  identity::Namer namer_;
  attribution::Attributor attributor_;
  std::optional<census::PoolsReading> pools_;
  attribution::Snapshot snapshot_;
};

}  // namespace kcommons::test
