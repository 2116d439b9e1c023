#include "daemon/site.hpp"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <utility>

#include "daemon/page_site.hpp"
#include "http/accept.hpp"
#include "http/pages.hpp"
#include "http/query.hpp"
#include "http/router.hpp"
#include "report/audit.hpp"
#include "report/audit_json.hpp"
#include "report/growth_text.hpp"
#include "report/incident_json.hpp"

namespace kcommons::daemon {

namespace {

constexpr std::string_view kNoCensusYet = "the first census is not done yet";

Result<report::AuditOptions> audit_options(std::string_view query) {
  constexpr std::array<std::string_view, 2> kNames{"warn", "crit"};
  const auto given = http::parse_query(query, kNames);
  if (!given) return fail(given.error());
  const auto value = [&given](std::string_view name, std::string_view otherwise) {
    const auto at = given->find(name);
    return at == given->end() ? otherwise : std::string_view(at->second);
  };
  return report::parse_audit_options(value("warn", report::kDefaultWarn),
                                     value("crit", report::kDefaultCrit));
}

}  // namespace

Site::Site(Facts facts, const SnapshotSlot& snapshots, const IncidentBook& incidents,
           const exposition::Registry& registry, const Clock& clock, SiteHooks hooks)
    : facts_(std::move(facts)),
      hooks_(std::move(hooks)),
      snapshots_(snapshots),
      incidents_(incidents),
      registry_(registry),
      clock_(clock) {}

http::Handler Site::handler() const {
  auto router = std::make_shared<http::Router>();
  add_pages(*router, [this] { return page_model(); });
  router->add(facts_.telemetry_path,
              [this](const http::Request& request) { return metrics(request); });
  router->add(std::string(kAuditPath),
              [this](const http::Request& request) { return audit(request); });
  router->add(std::string(kIncidentsPath),
              [this](const http::Request& request) { return incidents(request); });
  router->add(std::string(kHealthyPath),
              [this](const http::Request&) { return http::healthy_response(hooks_.trouble()); });
  router->add("/-/ready", [this](const http::Request&) {
    return http::ready_response(registry_.has_holdings(), kNoCensusYet);
  });
  router->add_post("/-/reload", [this](const http::Request&) { return reload(); });
  return [router](const http::Request& request) { return router->handle(request); };
}

page::Model Site::page_model() const {
  page::Model model{.version = facts_.version,
                    .source = facts_.source,
                    .source_reason = facts_.source_reason,
                    .restriction = facts_.restriction,
                    .telemetry_path = facts_.telemetry_path,
                    .missing_rights = facts_.missing_rights,
                    .snapshot = snapshots_.get(),
                    .incidents = incidents_.list(),
                    .now = clock_.wall()};
  if (model.snapshot) {
    const report::AuditSource source = audit_source(*model.snapshot);
    model.audit = report::make_audit(*model.snapshot, source, {});
    model.stale = source.stale;
  }
  if (const auto cost = snapshots_.cost()) model.cost = {.wall = cost->wall, .cpu = cost->cpu};
  return model;
}

http::Response Site::metrics(const http::Request& request) const {
  const auto choice = http::choose_exposition(request.header("Accept").value_or(""));
  const bool gzip = http::accepts_gzip(request.header("Accept-Encoding"));
  const exposition::Form form{.openmetrics = choice.format == http::Exposition::kOpenMetrics,
                              .gzip = gzip};
  return http::metrics_response(registry_.exposition(form), choice, gzip);
}

http::Response Site::audit(const http::Request& request) const {
  const auto options = audit_options(request.query);
  if (!options) return http::json_response(400, report::error_json(options.error().message()));
  const auto snapshot = snapshots_.get();
  if (!snapshot) return http::json_response(503, report::error_json(kNoCensusYet));
  return http::json_response(
      200, report::audit_json(report::make_audit(*snapshot, audit_source(*snapshot), *options)));
}

http::Response Site::incidents(const http::Request& request) const {
  if (!request.query.empty()) {
    return http::json_response(400, report::error_json("query: expected none here"));
  }
  return http::json_response(200, report::incidents_json(incidents_.list(), clock_.wall()));
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

report::AuditSource Site::audit_source(const attribution::Snapshot& snapshot) const {
  report::AuditSource source{
      .name = facts_.source, .reason = facts_.source_reason, .restriction = facts_.restriction};
  if (const auto age = age_of(snapshot); age > hooks_.stale_after()) {
    source.stale =
        fmt::format("the last census is {} old, as newer ones fail: the log of kcommons says why",
                    report::duration_text(std::chrono::duration_cast<std::chrono::seconds>(age)));
  }
  return source;
}

std::chrono::milliseconds Site::age_of(const attribution::Snapshot& snapshot) const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.wall() - snapshot.taken_at);
}

}  // namespace kcommons::daemon
