// A daemon's audit, asked for over a real connection.
#include "daemon/remote_audit.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "attribution/attributor.hpp"
#include "daemon/site.hpp"
#include "fake_clock.hpp"
#include "http/pages.hpp"
#include "http/server.hpp"
#include "report/audit_json.hpp"

using namespace kcommons;
using namespace kcommons::daemon;
using namespace std::chrono_literals;

namespace {

// Answers every request with this.
std::unique_ptr<http::Server> serve(http::Handler handler) {
  auto server = http::Server::start({.host = "127.0.0.1"}, std::move(handler));
  REQUIRE(server);
  return std::move(*server);
}

Result<report::Audit> ask(std::uint16_t port) {
  const http::Url url{
      .user = "me", .password = "hush", .host = "127.0.0.1", .port = port, .path = "/p"};
  return ask_audit(url, "70", "90", {.timeout = 10s});
}

std::string mistake(http::Response response) {
  const auto server = serve([response](const http::Request&) { return response; });
  const auto audit = ask(server->port());
  if (audit) return "none";
  const std::string message = audit.error().message();
  CHECK(message.find("hush") == std::string::npos);
  const std::string asked = "ask http://127.0.0.1:" + std::to_string(server->port()) +
                            "/p/api/v1/audit?warn=70&crit=90: ";
  CHECK_THAT(message, Catch::StartsWith(asked));
  return message.substr(asked.size());
}

std::string audit_text() {
  census::Census census;
  census.readings[0] = {.used = 95, .limit = catalogue::Limit{100}};
  const auto snapshot = attribution::Attributor({}, 0.5).attribute(census);
  return report::audit_json(report::make_audit(snapshot, {.name = "procfs"}, {}));
}

}  // namespace

TEST_CASE("an audit comes over HTTP", "[daemon]") {
  const auto server = serve([](const http::Request& request) {
    const bool asked = request.path == "/p/api/v1/audit" && request.query == "warn=70&crit=90" &&
                       request.header("Authorization") == "Basic bWU6aHVzaA==";
    return http::json_response(asked ? 200 : 400, audit_text());
  });
  const auto audit = ask(server->port());
  REQUIRE(audit);
  CHECK(audit->status == report::Severity::kCritical);
  CHECK(audit->pools.size() == 1);
}

TEST_CASE("what a daemon refuses is told with what to do", "[daemon]") {
  CHECK(mistake(http::json_response(503, report::error_json("the first census is not done yet"))) ==
        "it answers with status 503: the first census is not done yet; try again in a moment");
  CHECK(mistake(http::json_response(400, report::error_json("warn: \"\x1b\""))) ==
        "it answers with status 400: warn: \"\\x1b\"; is it a kcommons that answers there, and as "
        "new as this one?");
  CHECK(mistake(http::text_response(404, "not found\n")) ==
        "it answers with status 404: not found; is it a kcommons that answers there, and as new as "
        "this one?");
  CHECK(mistake({.status = 401, .content_type = "text/html", .body = "<b>"}) ==
        "it answers with status 401; give it a user and a password: "
        "http://user:password@host:port");
  CHECK_THAT(mistake({.status = 301, .content_type = "text/html"}),
             Catch::Contains("redirects are not followed"));
  CHECK(mistake(http::text_response(500, std::string(10'000, 'x'))).size() < 400);
}

TEST_CASE("what is no audit is told", "[daemon]") {
  CHECK_THAT(mistake(http::text_response(200, "hello")),
             Catch::StartsWith("what it answers is no audit: no JSON: ") &&
                 Catch::EndsWith("; is it a kcommons that answers there, and of this version?"));
  CHECK_THAT(mistake(http::json_response(200, "{}")),
             Catch::StartsWith("what it answers is no audit: schema_version: missing, expected "));
}

TEST_CASE("a daemon that is not there is told with what to do", "[daemon]") {
  std::uint16_t port = 0;
  {
    const auto server = serve([](const http::Request&) { return http::healthy_response(); });
    port = server->port();
  }
  const auto audit = ask(port);
  REQUIRE_FALSE(audit);
  CHECK_THAT(audit.error().message(),
             Catch::Contains("/api/v1/audit?warn=70&crit=90: connect: Connection refused; nobody "
                             "listens there: is kcommons running, "));
}
