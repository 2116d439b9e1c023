#include "daemon/site.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "http/accept.hpp"
#include "http/pages.hpp"
#include "http/router.hpp"
#include "report/landing.hpp"
#include "report/pool_rows.hpp"
#include "report/pools_text.hpp"

namespace kcommons::daemon {

Site::Site(Facts facts, const SnapshotSlot& snapshots, const HistoryBook& history,
           const IncidentBook& incidents, const exposition::Registry& registry, const Clock& clock,
           SiteHooks hooks)
    : facts_(std::move(facts)),
      hooks_(std::move(hooks)),
      snapshots_(snapshots),
      registry_(registry),
      clock_(clock),
      api_({.version = facts_.version,
            .source = facts_.source,
            .source_reason = facts_.source_reason,
            .restriction = facts_.restriction,
            .procfs = facts_.procfs},
           {.snapshots = snapshots,
            .history = history,
            .incidents = incidents,
            .clock = clock,
            .stale_after = hooks_.stale_after}) {}

http::Handler Site::handler() const {
  auto router = std::make_shared<http::Router>();
  router->add("/", [this](const http::Request& request) { return landing(request); });
  router->add(facts_.telemetry_path,
              [this](const http::Request& request) { return metrics(request); });
  api_.add_to(*router);
  router->add(std::string(kHealthyPath),
              [this](const http::Request&) { return http::healthy_response(hooks_.trouble()); });
  router->add("/-/ready", [this](const http::Request&) {
    return http::ready_response(registry_.has_holdings(), kNoCensusYet);
  });
  router->add_post("/-/reload", [this](const http::Request&) { return reload(); });
  return [router](const http::Request& request) { return router->handle(request); };
}

http::Response Site::landing(const http::Request& request) const {
  const auto snapshot = snapshots_.get();
  const auto accept = request.header("Accept");
  if (accept && http::prefers_text(*accept)) {
    return http::page_text_response(snapshot ? report::pools_text(report::pool_rows(*snapshot))
                                             : fmt::format("{}\n", kNoCensusYet));
  }
  report::LandingModel model;
  model.version = facts_.version;
  model.source = facts_.source;
  model.source_reason = facts_.source_reason;
  model.telemetry_path = facts_.telemetry_path;
  model.snapshot = snapshot.get();
  if (snapshot) model.age = age_of(*snapshot);
  return http::page_response(report::landing_page(model), report::landing_policy());
}

http::Response Site::metrics(const http::Request& request) const {
  const auto choice = http::choose_exposition(request.header("Accept").value_or(""));
  const bool gzip = http::accepts_gzip(request.header("Accept-Encoding"));
  const exposition::Form form{.openmetrics = choice.format == http::Exposition::kOpenMetrics,
                              .gzip = gzip};
  return http::metrics_response(registry_.exposition(form), choice, gzip);
}

http::Response Site::reload() const {
  if (!hooks_.reload) {
    return http::text_response(
        403, "reloading over HTTP is off: start kcommons with --web.enable-lifecycle\n");
  }
  const std::vector<std::string> mistakes = hooks_.reload();
  if (mistakes.empty()) return http::text_response(200, "reloaded\n");
  return http::text_response(
      500, fmt::format("not reloaded, the configuration before stays in force:\n{}\n",
                       fmt::join(mistakes, "\n")));
}

std::chrono::milliseconds Site::age_of(const attribution::Snapshot& snapshot) const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.wall() - snapshot.taken_at);
}

}  // namespace kcommons::daemon
