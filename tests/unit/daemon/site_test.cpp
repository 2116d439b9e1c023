#include "daemon/site.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <catch2/catch.hpp>
#include <optional>

#include "fake_clock.hpp"
#include "report/audit_json.hpp"
#include "report/audit_parse.hpp"
#include "report/incident_parse.hpp"

using namespace kcommons;
using namespace kcommons::daemon;

namespace {

const std::string kRoute{kIncidentsPath};

struct Rig {
  test::FakeClock clock;
  SnapshotSlot snapshots;
  HistoryBook history{std::chrono::hours(1), 2000, clock};
  exposition::Registry registry;
  exposition::SelfMetrics self;
  Log log{std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>()),
          LogLevel::kInfo, LogFormat::kLogfmt, clock};
  IncidentBook incidents{{}, std::nullopt, self, log, clock};
  Site site{{.version = "1.2.3",
             .source = "procfs",
             .source_reason = "configured",
             .telemetry_path = "/metrics"},
            snapshots,
            history,
            incidents,
            registry,
            clock};

  http::Response get(const std::string& path, const std::string& accept = "",
                     const std::string& query = "") {
    http::Request request;
    request.method = "GET";
    request.path = path;
    request.query = query;
    if (!accept.empty()) request.headers.emplace_back("Accept", accept);
    return site.handler()(request);
  }
  void take_census() {
    auto snapshot = std::make_shared<attribution::Snapshot>();
    snapshot->taken_at = clock.wall();
    snapshot->readings[0] = {.used = 60, .limit = catalogue::Limit{100}};
    snapshot->pools.push_back({.resource = catalogue::ResourceId::kOpenFiles,
                               .used_at_census = 60,
                               .limit = catalogue::Limit{100}});
    snapshots.put({.snapshot = snapshot, .census = nullptr, .told = {}, .cost = {}});
    registry.publish_holdings("kcommons_processes 1\n");
  }
};

}  // namespace

TEST_CASE("metrics are the text of the registry", "[daemon]") {
  Rig rig;
  rig.take_census();
  const http::Response response = rig.get("/metrics");
  CHECK(response.status == 200);
  CHECK(*response.parts.at(0) == "kcommons_processes 1\n");
  CHECK(response.content_type == "text/plain; version=0.0.4; charset=utf-8");
}

TEST_CASE("ready follows the first census and healthy does not", "[daemon]") {
  Rig rig;
  CHECK(rig.get("/-/healthy").status == 200);
  CHECK(rig.get("/-/ready").status == 503);
  rig.take_census();
  CHECK(rig.get("/-/ready").status == 200);
}

TEST_CASE("healthy turns with the reason when something does not work", "[daemon]") {
  Rig rig;
  std::string trouble;
  const Site site({.telemetry_path = "/metrics"}, rig.snapshots, rig.history, rig.incidents,
                  rig.registry, rig.clock,
                  {.trouble = [&trouble] { return trouble; }, .reload = nullptr});
  const http::Handler handler = site.handler();
  const http::Request request{.method = "GET", .path = "/-/healthy"};
  CHECK(handler(request).status == 200);
  trouble = "the sampler hangs";
  CHECK(handler(request).status == 503);
  CHECK(handler(request).body == "not healthy: the sampler hangs\n");
  trouble = "";
  CHECK(handler(request).status == 200);
}

TEST_CASE("a reload over HTTP takes leave to ask and tells every mistake", "[daemon]") {
  Rig rig;
  std::vector<std::string> mistakes;
  int reloads = 0;
  const auto ask = [&](const std::string& method, bool enabled) {
    SiteHooks hooks;
    if (enabled) {
      hooks.reload = [&] {
        ++reloads;
        return mistakes;
      };
    }
    const Site site({.telemetry_path = "/metrics"}, rig.snapshots, rig.history, rig.incidents,
                    rig.registry, rig.clock, hooks);
    return site.handler()({.method = method, .path = "/-/reload"});
  };
  CHECK(ask("POST", false).status == 403);
  CHECK_THAT(ask("POST", false).body, Catch::Contains("--web.enable-lifecycle"));
  CHECK(ask("GET", false).status == 405);
  CHECK(ask("GET", true).status == 405);
  CHECK(reloads == 0);
  CHECK(ask("POST", true).status == 200);
  CHECK(reloads == 1);
  mistakes = {"f:1:2: a", "f:3:4: b"};
  const http::Response refused = ask("POST", true);
  CHECK(refused.status == 500);
  CHECK_THAT(refused.body, Catch::EndsWith(":\nf:1:2: a\nf:3:4: b\n"));
}

TEST_CASE("the status page is there before and after the first census", "[daemon]") {
  Rig rig;
  CHECK(rig.get("/").status == 200);
  CHECK(rig.get("/pool", "", "resource=open_files").status == 404);
  rig.take_census();
  CHECK(rig.get("/pool", "", "resource=open_files").status == 200);
  CHECK_THAT(rig.get("/").body, Catch::Contains("1.2.3"));
  CHECK_THAT(rig.get("/").content_type, Catch::Contains("text/html"));
  CHECK_THAT(rig.get("/", "text/plain").content_type, Catch::Contains("text/plain"));
}

TEST_CASE("pages come with their policy and are not kept, those of errors too", "[daemon]") {
  Rig rig;
  rig.take_census();
  const auto check = [&](const std::string& path, const std::string& query, int status) {
    CAPTURE(path, query);
    const http::Response response = rig.get(path, "", query);
    CHECK(response.status == status);
    const auto policy = http::find_header(response.headers, "Content-Security-Policy");
    REQUIRE(policy);
    CHECK(policy->starts_with("default-src 'none'; "));
    CHECK(http::find_header(response.headers, "Cache-Control") == "no-store");
    return response.body;
  };
  check("/", "sort=open_files&filter=%3Cb%3E&page=2", 200);
  CHECK_THAT(check("/", "sort=colour", 400), Catch::Contains("sort: &quot;colour&quot;"));
  CHECK_THAT(check("/", "colour=red", 400), Catch::Contains("colour") && Catch::Contains("filter"));
  check("/", "page=1&page=2", 400);
  check("/pool", "", 400);
  check("/pool", "resource=nothing", 400);
  check("/pool", "resource=open_files&uid=0", 404);
  check("/holder", "unit=gone.service", 404);
  check("/holder", "unit=a&container_id=b", 400);
  CHECK(rig.get("/", "text/plain", "colour=red").status == 400);
}

TEST_CASE("pages are compressed for those who take it", "[daemon]") {
  Rig rig;
  rig.take_census();
  const auto ask = [&](const std::string& encoding) {
    return rig.site.handler()(
        {.method = "GET", .path = "/", .headers = {{"Accept-Encoding", encoding}}});
  };
  const http::Response plain = ask("identity");
  const http::Response small = ask("gzip, br");
  CHECK_FALSE(http::find_header(plain.headers, "Content-Encoding"));
  CHECK(http::find_header(small.headers, "Content-Encoding") == "gzip");
  CHECK(small.body.size() * 2 < plain.body.size());
  CHECK(http::find_header(plain.headers, "Vary") == "Accept, Accept-Encoding");
  CHECK(http::find_header(small.headers, "Vary") == "Accept, Accept-Encoding");
}

TEST_CASE("the audit is made of the last census with the thresholds asked for", "[daemon]") {
  Rig rig;
  const http::Response early = rig.get("/api/v1/audit");
  CHECK(early.status == 503);
  CHECK(early.body == "{\"error\":\"the first census is not done yet\"}\n");
  rig.take_census();
  const http::Response response = rig.get("/api/v1/audit");
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  CHECK(http::find_header(response.headers, "Cache-Control") == "private, no-cache");
  const auto status = [&](const std::string& query) {
    const auto audit = report::parse_audit_json(rig.get("/api/v1/audit", "", query).body);
    return audit ? std::string(report::name_of(audit->status)) : audit.error().message();
  };
  CHECK(status("") == "OK");
  CHECK(status("warn=60") == "WARNING");
  CHECK(status("crit=60&warn=10") == "CRITICAL");
}

TEST_CASE("wrong parameters of the audit are named", "[daemon]") {
  Rig rig;
  rig.take_census();
  const auto error = [&](const std::string& query) {
    const http::Response response = rig.get("/api/v1/audit", "", query);
    CHECK(response.status == 400);
    CHECK(response.content_type == "application/json");
    return report::parse_error_json(response.body);
  };
  CHECK(error("warn=x") == "warn: \"x\", expected a number of percent from 0 to 10000");
  CHECK(error("warn=95") == "warn: \"95\", expected no more than crit, which is 90");
  CHECK(error("limit=1") == "query: \"limit\" is no parameter, expected warn, crit");
}

TEST_CASE("an audit of an old census cannot tell that all is well", "[daemon]") {
  Rig rig;
  rig.take_census();
  rig.clock.advance(std::chrono::seconds(60));
  CHECK(report::parse_audit_json(rig.get("/api/v1/audit").body)->status == report::Severity::kOk);
  rig.clock.advance(std::chrono::seconds(240));
  const auto audit = report::parse_audit_json(rig.get("/api/v1/audit").body);
  REQUIRE(audit);
  CHECK(audit->status == report::Severity::kUnknown);
  CHECK_FALSE(audit->complete);
  CHECK(audit->warnings.at(0) ==
        "the last census is 5 min old, as newer ones fail: the log of kcommons says why");
  const auto full = report::parse_audit_json(rig.get("/api/v1/audit", "", "crit=50&warn=5").body);
  CHECK(full->status == report::Severity::kCritical);
}

TEST_CASE("incidents are served before the first census and after", "[daemon]") {
  Rig rig;
  const auto served = [&] { return report::parse_incidents_json(rig.get(kRoute).body); };
  REQUIRE(served());
  CHECK(served()->empty());
  rig.incidents.on_pools(
      {{.resource = catalogue::ResourceId::kOpenFiles, .used = 95, .limit = catalogue::Limit{100}}},
      nullptr, {std::chrono::hours(1), 10});
  const http::Response response = rig.get(kRoute);
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  CHECK(http::find_header(response.headers, "Cache-Control") == "no-store");
  REQUIRE(served()->size() == 1);
  CHECK(served()->at(0)->used == 95);
}

TEST_CASE("a parameter of the incidents is refused as there is none", "[daemon]") {
  Rig rig;
  const http::Response response = rig.get(kRoute, "", "limit=3");
  CHECK(response.status == 400);
  CHECK(report::parse_error_json(response.body) == "query: expected none here");
}

TEST_CASE("anything else is not found", "[daemon]") {
  Rig rig;
  CHECK(rig.get("/secret").status == 404);
}

TEST_CASE("pages and JSON are compressed for who takes that", "[daemon]") {
  Rig rig;
  rig.take_census();
  const auto get = [&](const std::string& path, const std::string& encoding) {
    http::Request request{.method = "GET", .path = path};
    if (!encoding.empty()) request.headers.emplace_back("Accept-Encoding", encoding);
    return rig.site.handler()(request);
  };
  for (const char* path : {"/", "/api/v1/audit"}) {
    CAPTURE(path);
    const http::Response plain = get(path, "");
    const http::Response small = get(path, "gzip, br");
    CHECK(small.body.size() < plain.body.size());
    CHECK(small.body.substr(0, 2) == "\x1f\x8b");
    CHECK(http::find_header(small.headers, "Content-Encoding") == "gzip");
    CHECK_FALSE(http::find_header(plain.headers, "Content-Encoding"));
    CHECK_THAT(std::string(*http::find_header(plain.headers, "Vary")),
               Catch::Contains("Accept-Encoding"));
  }
  CHECK_THAT(std::string(*http::find_header(get("/api/v1/audit", "gzip").headers, "ETag")),
             Catch::StartsWith("W/\""));
  CHECK_FALSE(http::find_header(get("/-/healthy", "gzip").headers, "Content-Encoding"));
}
