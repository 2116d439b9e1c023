// The daemon's API: JSON below /api/v1/, of the last census. Where a command prints the same, it is
// the same text but for what only a daemon knows. What hangs on the snapshot alone has an ETag that
// changes with it.
//
// add_to() is called once; the routes may be called from several threads at once. The parts that
// they read must outlive the object, and it the router.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attribution/snapshot.hpp"
#include "base/clock.hpp"
#include "daemon/history_book.hpp"
#include "daemon/incident_book.hpp"
#include "daemon/publisher.hpp"
#include "http/message.hpp"
#include "http/query.hpp"
#include "http/router.hpp"
#include "report/audit.hpp"
#include "report/top.hpp"

namespace kcommons::daemon {

inline constexpr std::string_view kApiPath = "/api/v1/";
// With the parameters warn and crit, in percent.
inline constexpr std::string_view kAuditPath = "/api/v1/audit";
inline constexpr std::string_view kContainersPath = "/api/v1/containers";
inline constexpr std::string_view kExplainPath = "/api/v1/explain";
inline constexpr std::string_view kHistoryPath = "/api/v1/history";
inline constexpr std::string_view kHoldersPath = "/api/v1/holders";
// The newest first.
inline constexpr std::string_view kIncidentsPath = "/api/v1/incidents";
inline constexpr std::string_view kInstancesPath = "/api/v1/instances";
inline constexpr std::string_view kPoolsPath = "/api/v1/pools";
inline constexpr std::string_view kUsersPath = "/api/v1/users";

inline constexpr std::string_view kNoCensusYet = "the first census is not done yet";

class Api final {
 public:
  struct Facts {
    std::string version;
    std::string source;
    std::string source_reason;
    std::string restriction;  // what limits the source's view; empty when nothing does
    std::string procfs;       // where it is mounted
  };
  struct Parts {
    const SnapshotSlot& snapshots;
    const HistoryBook& history;
    const IncidentBook& incidents;
    const Clock& clock;
    // From which age on a snapshot is old, because newer censuses fail or hang.
    std::function<std::chrono::milliseconds()> stale_after;
  };

  Api(Facts facts, Parts parts) : facts_(std::move(facts)), parts_(std::move(parts)) {}

  void add_to(http::Router& router) const;

  // As the audit of this snapshot names it.
  [[nodiscard]] report::AuditSource audit_source(const attribution::Snapshot& snapshot) const;

 private:
  using Answer = std::function<http::Response(const Observation& seen, const http::Query& query)>;

  // What `answer` makes of the last census; or that the client has it already.
  [[nodiscard]] http::Handler of_census(std::vector<std::string_view> parameters,
                                        Answer answer) const;
  [[nodiscard]] static std::string tag_of(const attribution::Snapshot& snapshot,
                                          const std::string& body);
  [[nodiscard]] report::TopSource top_source() const;
  [[nodiscard]] report::Audit plain_audit(const Observation& seen) const;

  [[nodiscard]] http::Response audit(const Observation& seen, const http::Query& query) const;
  [[nodiscard]] http::Response pools(const Observation& seen, const http::Query& query) const;
  [[nodiscard]] http::Response holders(const Observation& seen, const http::Query& query) const;
  [[nodiscard]] http::Response containers(const Observation& seen, const http::Query& query) const;
  [[nodiscard]] http::Response users(const Observation& seen, const http::Query& query) const;
  [[nodiscard]] http::Response explain(const Observation& seen, const http::Query& query) const;
  [[nodiscard]] http::Response history(const http::Request& request) const;
  [[nodiscard]] http::Response incidents(const http::Request& request) const;
  [[nodiscard]] http::Response index(const http::Request& request) const;

  Facts facts_;
  Parts parts_;
};

}  // namespace kcommons::daemon
