// From the sampler's results to what is served: attribution, rendering, the daemon's own metrics
// and, once per change of state, the log. Lives on the sampler thread; what it publishes may be
// read from any.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "attribution/attributor.hpp"
#include "attribution/pool_peaks.hpp"
#include "attribution/snapshot.hpp"
#include "census/sampler.hpp"
#include "daemon/history_book.hpp"
#include "daemon/incident_book.hpp"
#include "daemon/log.hpp"
#include "daemon/notify.hpp"
#include "daemon/own_process.hpp"
#include "exposition/registry.hpp"
#include "exposition/self_metrics.hpp"
#include "identity/namer.hpp"

namespace kcommons::daemon {

// A census attributed with nothing cut to `_other`, when somebody first asks for it. Thread-safe.
class Uncut final {
 public:
  // Always of the same census.
  std::shared_ptr<const attribution::Snapshot> of(const census::Census& census);

 private:
  std::mutex mutex_;
  std::shared_ptr<const attribution::Snapshot> snapshot_;
};

// What one census told, as it is served and as it was.
struct Observation {
  std::shared_ptr<const attribution::Snapshot> snapshot;
  std::shared_ptr<const census::Census> census;
  std::vector<identity::Told> told;  // how its containers came by their names
  census::PassCost cost;             // of the census
  std::shared_ptr<Uncut> uncut = std::make_shared<Uncut>();
};

// Hands the newest observation over. Thread-safe; the lock is held for a pointer's copy. (Not
// std::atomic<std::shared_ptr>: ThreadSanitizer does not understand GCC 12's.)
class SnapshotSlot final {
 public:
  void put(Observation observation);
  // Null before the first.
  [[nodiscard]] std::shared_ptr<const Observation> observation() const;
  [[nodiscard]] std::shared_ptr<const attribution::Snapshot> get() const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Observation> newest_;
};

struct PoolOptions {
  std::size_t max_pools = 2000;
  std::chrono::milliseconds peak_window{120000};
  std::chrono::milliseconds history_window{3600000};
};

class Publisher final : public census::SampleListener {
 public:
  // All but the attributor are shared with the web side and must outlive the publisher. Without a
  // namer, censuses come with the names of their containers.
  Publisher(Notifier& notifier, identity::Namer* namer, attribution::Attributor attributor,
            PoolOptions pools, SnapshotSlot& snapshots, HistoryBook& history,
            IncidentBook& incidents, exposition::Registry& registry, exposition::SelfMetrics& self,
            Log& log, const Clock& clock);

  // From the next pass on. On the sampler thread, as the others.
  void configure(const attribution::Limits& limits, double neighbours_above, PoolOptions pools);

  void on_pools(Result<census::PoolsReading> reading, const census::PassCost& cost) override;
  void on_census(Result<census::Census> census, const census::PassCost& cost) override;

 private:
  void take(census::PoolsReading reading, const census::PassCost& cost);
  void pass_failed(exposition::Pass pass, const Error& error, const census::PassCost& cost);
  // As they are now; none before the first reading.
  std::vector<attribution::CurrentPool> current_pools();
  void render(std::vector<attribution::CurrentPool> pools);
  void add_growth(attribution::Snapshot& snapshot) const;
  std::shared_ptr<const attribution::Snapshot> publish(census::Census census,
                                                       const census::PassCost& cost);
  std::string render_self();
  void name_containers(census::Census& census);
  void report_notified(const Result<void>& told);
  void report_unseen(const attribution::Snapshot& snapshot);

  Notifier& notifier_;
  identity::Namer* namer_;
  attribution::Attributor attributor_;
  PoolOptions options_;
  attribution::PoolPeaks peaks_;
  SnapshotSlot& snapshots_;
  HistoryBook& history_;
  IncidentBook& incidents_;
  exposition::Registry& registry_;
  exposition::SelfMetrics& self_;
  Log& log_;
  TroubleLog troubles_;
  const Clock& clock_;
  OwnProcess own_process_;
  std::optional<census::PoolsReading> last_pools_;
  SteadyTime last_pools_at_;
  std::string pools_text_;
  bool first_census_done_ = false;
};

}  // namespace kcommons::daemon
