// The seam between the two ways to take a census. One contract: both fill the same records.
//
// A source belongs to one thread. A fact that cannot be read is absent and counted in the result;
// an Error means that the whole pass is worth nothing (the reader itself ran out of descriptors or
// memory, or the root is gone), and the caller keeps what it had.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>

#include "base/result.hpp"
#include "census/census.hpp"
#include "census/inotify_books.hpp"
#include "cgroup/layouts.hpp"

namespace kcommons::census {

// What may change between two passes. Each source takes what it has a use for.
struct SourceSettings {
  std::optional<cgroup::Layouts> layouts;  // empty: as they are
  InotifyBudget inotify;
  std::chrono::milliseconds mappings_interval{60000};
};

class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  // Cheap, every second: what the kernel keeps as one number. Opens no descriptor.
  virtual Result<PoolsReading> read_pools() = 0;
  // The walk over all processes. Given up between two processes when `stop` asks for it.
  virtual Result<Census> take_census(const std::stop_token& stop) = 0;
  // From the next pass on. What was learned of the host stays.
  virtual void configure(SourceSettings /*settings*/) {}
};

}  // namespace kcommons::census
