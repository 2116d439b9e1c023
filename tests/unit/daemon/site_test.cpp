#include "daemon/site.hpp"

#include <catch2/catch.hpp>

#include "fake_clock.hpp"

using namespace kcommons;
using namespace kcommons::daemon;

namespace {

struct Rig {
  test::FakeClock clock;
  SnapshotSlot snapshots;
  exposition::Registry registry;
  Site site{{.version = "1.2.3",
             .source = "procfs",
             .source_reason = "configured",
             .telemetry_path = "/metrics"},
            snapshots,
            registry,
            clock};

  http::Response get(const std::string& path, const std::string& accept = "") {
    http::Request request;
    request.method = "GET";
    request.path = path;
    if (!accept.empty()) request.headers.emplace_back("Accept", accept);
    return site.handler()(request);
  }
  void take_census() {
    auto snapshot = std::make_shared<attribution::Snapshot>();
    snapshot->taken_at = clock.wall();
    snapshots.put(snapshot);
    registry.publish_holdings("kcommons_processes 1\n");
  }
};

}  // namespace

TEST_CASE("metrics are the text of the registry", "[daemon]") {
  Rig rig;
  rig.take_census();
  const http::Response response = rig.get("/metrics");
  CHECK(response.status == 200);
  CHECK(response.body == "kcommons_processes 1\n");
  CHECK(response.content_type == "text/plain; version=0.0.4; charset=utf-8");
}

TEST_CASE("ready follows the first census and healthy does not", "[daemon]") {
  Rig rig;
  CHECK(rig.get("/-/healthy").status == 200);
  CHECK(rig.get("/-/ready").status == 503);
  rig.take_census();
  CHECK(rig.get("/-/ready").status == 200);
}

TEST_CASE("the landing page is there before and after the first census", "[daemon]") {
  Rig rig;
  CHECK(rig.get("/").status == 200);
  rig.take_census();
  CHECK_THAT(rig.get("/").body, Catch::Contains("1.2.3"));
  CHECK_THAT(rig.get("/").content_type, Catch::Contains("text/html"));
  CHECK_THAT(rig.get("/", "text/plain").content_type, Catch::Contains("text/plain"));
}

TEST_CASE("anything else is not found", "[daemon]") {
  Rig rig;
  CHECK(rig.get("/secret").status == 404);
}
