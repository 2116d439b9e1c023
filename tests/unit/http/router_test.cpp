#include "http/router.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "http/pages.hpp"

using kcommons::http::Request;
using kcommons::http::Response;
using kcommons::http::Router;

namespace {

Request request(std::string method, std::string path) {
  Request made;
  made.method = std::move(method);
  made.path = std::move(path);
  return made;
}

Router router() {
  Router made;
  made.add("/metrics", [](const Request&) { return kcommons::http::text_response(200, "m\n"); });
  made.add("/-/healthy", [](const Request&) { return kcommons::http::healthy_response(); });
  return made;
}

}  // namespace

TEST_CASE("router gives a request to the route of its path", "[http]") {
  CHECK(router().handle(request("GET", "/metrics")).body == "m\n");
  CHECK(router().handle(request("GET", "/-/healthy")).body == "healthy\n");
}

TEST_CASE("router answers HEAD as GET so that the headers are the same", "[http]") {
  const Response head = router().handle(request("HEAD", "/metrics"));
  CHECK(head.status == 200);
  CHECK(head.body == "m\n");
}

TEST_CASE("paths match whole or not at all", "[http]") {
  const std::string path = GENERATE(as<std::string>(), "", "/", "/metric", "/metrics/", "//metrics",
                                    "/metricsx", "/Metrics", "/%6Detrics", "/./metrics",
                                    "/x/../metrics", "metrics", "/metrics$", "/-/", "/-/healthy/x");
  CAPTURE(path);
  const Response response = router().handle(request("GET", path));
  CHECK(response.status == 404);
  CHECK(response.body == "not found\n");
}

TEST_CASE("methods other than GET and HEAD are refused with what is allowed", "[http]") {
  const std::string method =
      GENERATE(as<std::string>(), "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get", "");
  CAPTURE(method);
  const Response response = router().handle(request(method, "/metrics"));
  CHECK(response.status == 405);
  REQUIRE(response.headers.size() == 1);
  CHECK(response.headers[0].first == "Allow");
  CHECK(response.headers[0].second == "GET, HEAD");
  CHECK(router().handle(request(method, "/none")).status == 404);
}

TEST_CASE("what changes something is for POST alone", "[http]") {
  Router made = router();
  made.add_post("/-/reload",
                [](const Request&) { return kcommons::http::text_response(200, "r"); });
  CHECK(made.handle(request("POST", "/-/reload")).body == "r");
  const std::string method = GENERATE(as<std::string>(), "GET", "HEAD", "PUT", "post", "");
  CAPTURE(method);
  const Response response = made.handle(request(method, "/-/reload"));
  CHECK(response.status == 405);
  REQUIRE(response.headers.size() == 1);
  CHECK(response.headers[0].second == "POST");
}

TEST_CASE("header names are found in any case and the first one counts", "[http]") {
  Request with = request("GET", "/");
  with.headers = {{"Accept", "a"}, {"ACCEPT", "b"}, {"X-Empty", ""}};
  CHECK(with.header("accept") == "a");
  CHECK(with.header("x-empty") == "");
  CHECK_FALSE(with.header("Accept-"));
  CHECK_FALSE(with.header(""));
}
