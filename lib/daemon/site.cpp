#include "daemon/site.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <utility>

#include "daemon/page_site.hpp"
#include "exposition/gzip.hpp"
#include "http/accept.hpp"
#include "http/pages.hpp"
#include "http/router.hpp"

namespace kcommons::daemon {

namespace {

// Pages and JSON, for who takes it; metrics come as they are to be sent.
http::Response compressed(const http::Request& request, http::Response response) {
  constexpr std::size_t kWorthIt = 1400;  // what one packet carries
  if (response.status != 200 || !response.parts.empty() || response.body.size() < kWorthIt) {
    return response;
  }
  bool varies = false;
  for (auto& [name, value] : response.headers) {
    if (name != "Vary") continue;
    if (value.find("Accept-Encoding") == std::string::npos) value += ", Accept-Encoding";
    varies = true;
  }
  if (!varies) response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!http::accepts_gzip(request.header("Accept-Encoding"))) return response;
  response.body = exposition::gzip(response.body);
  response.headers.emplace_back("Content-Encoding", "gzip");
  return response;
}

}  // namespace

// To make a page or JSON, one at a time: while it is made, it may take several times what it has in
// the end. Waited for, but not for ever: what is read for it may hang.
class Site::Turn final {
 public:
  explicit Turn(const Site& site) : site_(site) {
    constexpr std::chrono::seconds kLongest{5};
    std::unique_lock lock(site_.mutex_);
    has_come_ = site_.turn_ended_.wait_for(lock, kLongest, [this] { return !site_.is_making_; });
    if (has_come_) site_.is_making_ = true;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (!has_come_) return;
    const std::lock_guard lock(site_.mutex_);
    site_.is_making_ = false;
    site_.turn_ended_.notify_one();
  }

  [[nodiscard]] bool has_come() const { return has_come_; }

 private:
  const Site& site_;
  bool has_come_ = false;
};

Site::Site(Facts facts, const SnapshotSlot& snapshots, const HistoryBook& history,
           const IncidentBook& incidents, const exposition::Registry& registry, const Clock& clock,
           SiteHooks hooks)
    : facts_(std::move(facts)),
      hooks_(std::move(hooks)),
      snapshots_(snapshots),
      history_(history),
      incidents_(incidents),
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
  add_pages(*router, [this] { return page_model(); });
  router->add(facts_.telemetry_path,
              [this](const http::Request& request) { return metrics(request); });
  api_.add_to(*router);
  router->add(std::string(kHealthyPath),
              [this](const http::Request&) { return http::healthy_response(hooks_.trouble()); });
  router->add("/-/ready", [this](const http::Request&) {
    return http::ready_response(registry_.has_holdings(), kNoCensusYet);
  });
  router->add_post("/-/reload", [this](const http::Request&) { return reload(); });
  return [this, router](const http::Request& request) {
    if (request.path == facts_.telemetry_path || request.path.starts_with("/-/")) {
      return router->handle(request);
    }
    const Turn turn(*this);
    if (turn.has_come()) return compressed(request, router->handle(request));
    return http::busy_response("too many pages are asked for\n");
  };
}

page::Model Site::page_model() const {
  const auto seen = snapshots_.observation();
  page::Model model{
      .version = facts_.version,
      .source = facts_.source,
      .source_reason = facts_.source_reason,
      .restriction = facts_.restriction,
      .telemetry_path = facts_.telemetry_path,
      .missing_rights = facts_.missing_rights,
      .snapshot = seen ? seen->snapshot : nullptr,
      .incidents = incidents_.list(),
      .history = [this](const attribution::PoolKey& pool) { return history_.use(pool); },
      .now = clock_.wall()};
  if (!seen) return model;
  const report::AuditSource source = api_.audit_source(*seen->snapshot);
  model.audit = report::make_audit(*seen->snapshot, source, {});
  model.stale = source.stale;
  model.cost = {.wall = seen->cost.wall, .cpu = seen->cost.cpu};
  return model;
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

}  // namespace kcommons::daemon
