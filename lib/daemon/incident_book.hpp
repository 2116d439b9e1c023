// The book of incidents: looks for them at every pools pass, says each in the log once when it
// begins and once when it ends, counts them, and keeps the newest: in memory, and in a file where
// there is one, from which it knows those of before.
//
// list() may be called from any thread; the rest belongs to the sampler's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "attribution/current_pools.hpp"
#include "attribution/pool_history.hpp"
#include "attribution/snapshot.hpp"
#include "config/config.hpp"
#include "daemon/log.hpp"
#include "exposition/self_metrics.hpp"
#include "incidents/incident.hpp"
#include "incidents/ring_file.hpp"
#include "incidents/slots.hpp"
#include "incidents/tracker.hpp"

namespace kcommons::daemon {

// Where incidents are kept: as it is configured, else in the folder that the service manager gives
// (STATE_DIRECTORY of systemd.exec(5)); empty: in memory alone.
std::string incident_file_of(const config::Config& config);

// Opens it. Nothing where there is none, and where it cannot be opened, which is said in the log.
std::optional<incidents::RingFile> open_incident_file(const config::Config& config, Log& log);

class IncidentBook final {
 public:
  struct Options {
    incidents::Tracker::Options tracker;
    std::size_t keep = 256;  // in memory
  };

  // `self`, `log` and `clock` must outlive it.
  IncidentBook(Options options, std::optional<incidents::RingFile> file,
               exposition::SelfMetrics& self, Log& log, const Clock& clock);

  // After a pools pass that succeeded. `snapshot` is the last census, null before the first.
  void on_pools(const std::vector<attribution::CurrentPool>& pools,
                const attribution::Snapshot* snapshot, const attribution::PoolHistory& history);
  void on_census(const attribution::Snapshot& snapshot);

  // The newest first. Of those that are open, as they stood at the last pools pass.
  [[nodiscard]] incidents::Incidents list() const;

 private:
  // The newest record of each, the newest incident first.
  struct Loaded {
    incidents::Incidents incidents;
    std::uint64_t next_id = 1;
  };
  Loaded load();
  void take(const incidents::Events& events);
  void write(const incidents::Incident& incident);
  void put(const std::shared_ptr<const incidents::Incident>& incident);
  void say(const incidents::Event& event);

  std::size_t keep_;
  std::optional<incidents::RingFile> file_;
  std::optional<incidents::Slots> slots_;
  std::uint64_t next_sequence_ = 1;
  exposition::SelfMetrics& self_;
  Log& log_;
  TroubleLog troubles_;
  const Clock& clock_;
  std::optional<incidents::Tracker> tracker_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<const incidents::Incident>> kept_;  // the newest first
};

}  // namespace kcommons::daemon
