// A daemon's incidents, asked for over a real connection. What else may go wrong is tested with the
// audit.
#include "daemon/remote_incidents.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "http/pages.hpp"
#include "http/server.hpp"
#include "report/incident_json.hpp"

using namespace kcommons;
using namespace kcommons::daemon;

namespace {

Result<incidents::Incidents> ask(const http::Response& response) {
  const auto server = http::Server::start({.host = "127.0.0.1"}, [&](const http::Request& request) {
    return request.path == "/p/api/v1/incidents" && request.query.empty()
               ? response
               : http::text_response(404, "");
  });
  REQUIRE(server);
  return ask_incidents({.host = "127.0.0.1", .port = (*server)->port(), .path = "/p"});
}

}  // namespace

TEST_CASE("incidents come over HTTP", "[daemon]") {
  const incidents::Incidents sent{std::make_shared<const incidents::Incident>()};
  const auto got = ask(http::json_response(200, report::incidents_json(sent, WallTime{})));
  REQUIRE(got);
  CHECK(got->size() == 1);
}

TEST_CASE("what are no incidents is told", "[daemon]") {
  const auto got = ask(http::json_response(200, "{}"));
  REQUIRE_FALSE(got);
  CHECK_THAT(got.error().message(),
             Catch::Contains("/p/api/v1/incidents: what it answers are no incidents: "
                             "schema_version: missing") &&
                 Catch::EndsWith("; is it a kcommons that answers there, and of this version?"));
}
