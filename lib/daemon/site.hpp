// What the daemon serves over HTTP: which path is answered from what. The handlers render nothing
// but the pages and the audit, from the last snapshot; metrics are text that is ready.
//
// handler() may be called from several threads at once. The parts it reads must outlive it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "attribution/snapshot.hpp"
#include "base/clock.hpp"
#include "daemon/api.hpp"
#include "daemon/history_book.hpp"
#include "daemon/incident_book.hpp"
#include "daemon/publisher.hpp"
#include "exposition/registry.hpp"
#include "http/message.hpp"
#include "page/model.hpp"
#include "report/audit.hpp"

namespace kcommons::daemon {

inline constexpr std::string_view kHealthyPath = "/-/healthy";

// What the site asks of the rest of the daemon; called from several threads at once.
struct SiteHooks {
  // What of the daemon does not work; empty when all does.
  std::function<std::string()> trouble = [] { return std::string(); };
  // From which age on a snapshot is old, because newer censuses fail or hang.
  std::function<std::chrono::milliseconds()> stale_after = [] {
    return std::chrono::milliseconds(60000);
  };
  // Reads the configuration again: what is against it, a line each. Empty: nobody may ask for it.
  std::function<std::vector<std::string>()> reload;
};

class Site final {
 public:
  struct Facts {
    std::string version;
    std::string source;
    std::string source_reason;
    std::string restriction;  // what limits the source's view; empty when nothing does
    std::string telemetry_path;
    std::string procfs;  // where it is mounted
    // What rights that are missing would show, a line each.
    std::vector<std::string> missing_rights = {};
  };

  Site(Facts facts, const SnapshotSlot& snapshots, const HistoryBook& history,
       const IncidentBook& incidents, const exposition::Registry& registry, const Clock& clock,
       SiteHooks hooks = {});

  [[nodiscard]] http::Handler handler() const;

 private:
  class Turn;

  [[nodiscard]] page::Model page_model() const;
  [[nodiscard]] http::Response metrics(const http::Request& request) const;
  [[nodiscard]] http::Response reload() const;

  Facts facts_;
  SiteHooks hooks_;
  const SnapshotSlot& snapshots_;
  const HistoryBook& history_;
  const IncidentBook& incidents_;
  const exposition::Registry& registry_;
  const Clock& clock_;
  Api api_;
  mutable std::mutex mutex_;
  mutable std::condition_variable turn_ended_;
  mutable bool is_making_ = false;  // a page, or JSON
};

}  // namespace kcommons::daemon
