// A daemon's health, asked for over a real connection.
#include "daemon/remote_health.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "http/pages.hpp"
#include "http/server.hpp"

using namespace kcommons;
using namespace kcommons::daemon;
using namespace std::chrono_literals;

namespace {

// What is wrong with a daemon that answers so; empty when nothing is. NAME stands for its URL.
std::string trouble(const http::Response& response) {
  const auto server =
      http::Server::start({.host = "127.0.0.1"}, [&response](const http::Request& request) {
        return request.path == "/-/healthy" ? response : http::text_response(404, "not found\n");
      });
  REQUIRE(server);
  const http::Url url{
      .user = "me", .password = "hush", .host = "127.0.0.1", .port = (*server)->port(), .path = {}};
  const auto health = ask_health(url, {.timeout = 10s});
  if (health) return {};
  std::string message = health.error().message();
  const std::string shown = http::shown(url);
  const auto at = message.find(shown);
  REQUIRE(at != std::string::npos);
  return message.replace(at, shown.size(), "NAME");
}

}  // namespace

TEST_CASE("a daemon that says that it is healthy is", "[daemon]") {
  CHECK(trouble(http::healthy_response()).empty());
}

TEST_CASE("what does not work is told in the daemon's own words", "[daemon]") {
  CHECK(trouble(http::healthy_response("the sampler hangs")) ==
        "NAME: not healthy: the sampler hangs");
}

TEST_CASE("what does not answer as a daemon does is not healthy", "[daemon]") {
  CHECK(trouble(http::text_response(200, "hello\n")) ==
        "ask NAME/-/healthy: it does not answer \"healthy\"; is it a kcommons that answers there, "
        "and of this version?");
  CHECK(trouble(http::text_response(401, "unauthorized\n")) ==
        "ask NAME/-/healthy: it answers with status 401: unauthorized; give it a user and a "
        "password: http://user:password@host:port");
  CHECK_THAT(trouble({.status = 503, .content_type = "text/html", .body = "<b>"}),
             Catch::Contains("it answers with status 503; try again in a moment"));
}
