// What the daemon serves over HTTP: which path is answered from what. The handlers render nothing
// but the landing page; metrics are text that is ready.
//
// handler() may be called from several threads at once. The parts it reads must outlive it.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "daemon/publisher.hpp"
#include "exposition/registry.hpp"
#include "http/message.hpp"

namespace kcommons::daemon {

class Site final {
 public:
  struct Facts {
    std::string version;
    std::string source;
    std::string source_reason;
    std::string telemetry_path;
  };

  Site(Facts facts, const SnapshotSlot& snapshots, const exposition::Registry& registry,
       const Clock& clock);

  [[nodiscard]] http::Handler handler() const;

 private:
  [[nodiscard]] http::Response landing(const http::Request& request) const;

  Facts facts_;
  const SnapshotSlot& snapshots_;
  const exposition::Registry& registry_;
  const Clock& clock_;
};

}  // namespace kcommons::daemon
