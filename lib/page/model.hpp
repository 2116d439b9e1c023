// What the pages are made of: the last census, what an audit says of it, and what the daemon knows
// of itself. A value; whoever makes it keeps nothing that it points to alive but by itself.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attribution/books.hpp"
#include "attribution/snapshot.hpp"
#include "attribution/use_history.hpp"
#include "base/clock.hpp"
#include "incidents/incident.hpp"
#include "report/audit.hpp"

namespace kcommons::page {

// What the last census took.
struct CensusCost {
  std::chrono::duration<double> wall{0};
  std::chrono::duration<double> cpu{0};
};

struct Model {
  std::string version;
  std::string source;         // of the census: "procfs"
  std::string source_reason;  // why that one
  std::string restriction;    // what limits its view; empty when nothing does
  std::string stale;          // why the snapshot is older than it should be; empty when it is not
  std::string telemetry_path = "/metrics";
  // What rights that are missing would show, a line each.
  std::vector<std::string> missing_rights;
  std::shared_ptr<const attribution::Snapshot> snapshot;  // null before the first census
  report::Audit audit;                                    // of that snapshot
  std::optional<CensusCost> cost;
  incidents::Incidents incidents;  // the newest first
  // What a pool and its largest holders used lately; nothing where that is not kept.
  std::function<std::optional<attribution::PoolUse>(const attribution::PoolKey&)> history =
      [](const attribution::PoolKey&) { return std::nullopt; };
  WallTime now;
};

}  // namespace kcommons::page
