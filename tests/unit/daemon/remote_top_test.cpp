// Who holds what, asked of a daemon over a real connection.
#include "daemon/remote_top.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "attribution/attributor.hpp"
#include "http/pages.hpp"
#include "http/server.hpp"
#include "report/top_json.hpp"

using namespace kcommons;
using namespace kcommons::daemon;
using namespace std::chrono_literals;
using attribution::By;

namespace {

std::unique_ptr<http::Server> serve(http::Handler handler) {
  auto server = http::Server::start({.host = "127.0.0.1"}, std::move(handler));
  REQUIRE(server);
  return std::move(*server);
}

http::Url url_of(const http::Server& server) {
  return {
      .user = "me", .password = "hush", .host = "127.0.0.1", .port = server.port(), .path = "/p"};
}

std::string top_text(By by) {
  census::Census census;
  census.readings[0] = {.used = 95, .limit = catalogue::Limit{100}};
  const auto snapshot = attribution::Attributor({}, 0.5).attribute(census);
  return report::top_json(report::make_top(census, snapshot, {.name = "bpf"}, {.by = by}));
}

std::string mistake(http::Response response) {
  const auto server = serve([response](const http::Request&) { return response; });
  const auto top = ask_top(url_of(*server), {}, {.timeout = 10s});
  if (top) return "none";
  const std::string message = top.error().message();
  CHECK(message.find("hush") == std::string::npos);
  CHECK_THAT(message, Catch::Contains("/p/api/v1/holders?by=container&sort=used: "));
  return message;
}

}  // namespace

TEST_CASE("who holds what comes over HTTP as it was asked for", "[daemon]") {
  std::string query;
  const auto server = serve([&query](const http::Request& request) {
    query = request.query;
    const bool asked = request.path == "/p/api/v1/holders" &&
                       request.header("Authorization") == "Basic bWU6aHVzaA==";
    return http::json_response(asked ? 200 : 400, top_text(By::kProcess));
  });
  const auto top = ask_top(url_of(*server), {.resources = {catalogue::ResourceId::kOpenFiles,
                                                           catalogue::ResourceId::kInotifyWatches},
                                             .by = By::kProcess,
                                             .order = report::TopOrder::kPool});
  REQUIRE(top);
  CHECK(query == "by=process&sort=pool&resource=open_files,inotify_watches");
  REQUIRE(top->pools.size() == 1);
  CHECK(top->pools[0].used == 95U);
}

TEST_CASE("what is not who holds what is told", "[daemon]") {
  CHECK_THAT(mistake(http::text_response(200, "hello")),
             Catch::Contains("what it answers is not who holds what: no JSON: "));
  CHECK_THAT(mistake(http::json_response(200, top_text(By::kUid))),
             Catch::Contains("it answers by uid; is it a kcommons that answers there"));
  CHECK_THAT(mistake(http::text_response(401, "unauthorized\n")),
             Catch::Contains("it answers with status 401: unauthorized; give it a user and a "));
}

TEST_CASE("inotify instances come over HTTP", "[daemon]") {
  const auto server = serve([](const http::Request& request) {
    const bool asked = request.path == "/p/api/v1/instances" && request.query == "pid=7";
    return http::json_response(
        asked ? 200 : 404,
        report::instances_json({.pid = Pid(7), .instances = {{.fd = -1, .watches = 25}}}));
  });
  const auto instances = ask_instances(url_of(*server), Pid(7));
  REQUIRE(instances);
  REQUIRE(instances->instances.size() == 1);
  CHECK(instances->instances[0].watches == 25);
  // Another one's are of no use.
  const auto other = ask_instances(url_of(*server), Pid(8));
  CHECK_FALSE(other);
}
