#include "daemon/site.hpp"

#include <chrono>
#include <memory>
#include <utility>

#include "http/accept.hpp"
#include "http/pages.hpp"
#include "http/router.hpp"
#include "report/landing.hpp"
#include "report/pool_rows.hpp"
#include "report/pools_text.hpp"

namespace kcommons::daemon {

Site::Site(Facts facts, const SnapshotSlot& snapshots, const exposition::Registry& registry,
           const Clock& clock)
    : facts_(std::move(facts)), snapshots_(snapshots), registry_(registry), clock_(clock) {}

http::Handler Site::handler() const {
  auto router = std::make_shared<http::Router>();
  router->add("/", [this](const http::Request& request) { return landing(request); });
  router->add(facts_.telemetry_path, [this](const http::Request&) {
    return http::metrics_response(registry_.exposition());
  });
  router->add("/-/healthy", [](const http::Request&) { return http::healthy_response(); });
  router->add("/-/ready", [this](const http::Request&) {
    return http::ready_response(registry_.has_holdings(), "the first census is not done yet");
  });
  return [router](const http::Request& request) { return router->handle(request); };
}

http::Response Site::landing(const http::Request& request) const {
  const auto snapshot = snapshots_.get();
  const auto accept = request.header("Accept");
  if (accept && http::prefers_text(*accept)) {
    return http::page_text_response(snapshot ? report::pools_text(report::pool_rows(*snapshot))
                                             : "the first census is not done yet\n");
  }
  report::LandingModel model;
  model.version = facts_.version;
  model.source = facts_.source;
  model.source_reason = facts_.source_reason;
  model.telemetry_path = facts_.telemetry_path;
  model.snapshot = snapshot.get();
  if (snapshot) {
    model.age =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.wall() - snapshot->taken_at);
  }
  return http::page_response(report::landing_page(model), report::landing_policy());
}

}  // namespace kcommons::daemon
