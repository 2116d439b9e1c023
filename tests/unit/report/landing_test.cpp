#include "report/landing.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "sample.hpp"
#include "sha256.hpp"

namespace report = kcommons::report;
using namespace kcommons::report::test;
using Catch::Contains;
using kcommons::census::Unseen;

namespace {

report::LandingModel model(const Snapshot* snapshot) {
  report::LandingModel made;
  made.version = "0.1.0";
  made.source = "procfs";
  made.source_reason = "configured";
  made.snapshot = snapshot;
  made.age = std::chrono::milliseconds(2345);
  return made;
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("page says what it is and where to go", "[report]") {
  const std::string page = report::landing_page(model(nullptr));
  CHECK_THAT(page, Contains("<h1>kcommons <small>0.1.0</small></h1>"));
  CHECK_THAT(page, Contains("<a href=\"/metrics\">") && Contains("<a href=\"/-/healthy\">") &&
                       Contains("<a href=\"/-/ready\">"));
  CHECK_THAT(page, Contains("procfs (configured)"));
  CHECK_THAT(page, Contains("The first census is not done yet."));
  CHECK_THAT(page, !Contains("<table>"));
}

TEST_CASE("page lists the pools with words and neighbours", "[report]") {
  Snapshot snapshot = article();
  snapshot.unseen[static_cast<std::size_t>(Unseen::kInotifyDenied)] = 3;
  const std::string page = report::landing_page(model(&snapshot));
  CHECK_THAT(page, Contains("nearly full, 94.5%"));
  CHECK_THAT(page, Contains("1 container<br>7 on the host"));
  CHECK_THAT(page, Contains("fs.inotify.max_user_instances, EMFILE when full"));
  CHECK_THAT(page,
             Contains("<bdi>shop/web/nginx</bdi> (2210)<br><span class=\"dim\">0123456789ab"));
  CHECK_THAT(page, Contains("unlimited"));
  CHECK_THAT(page, Contains("2.3 s ago"));
  CHECK_THAT(page, Contains("312 processes, 1 container<"));
  CHECK_THAT(page, Contains("3 processes whose inotify instances could not be looked for"));
  CHECK(page.find("inotify instances") < page.find("inotify watches"));
  CHECK(page.find("inotify watches") < page.find("open files"));
}

TEST_CASE("page of a host that uses nothing says so", "[report]") {
  const Snapshot empty;
  const std::string page = report::landing_page(model(&empty));
  CHECK_THAT(page, Contains("Nothing is used of any shared pool."));
  CHECK_THAT(page, Contains("<dt>Not seen</dt><dd>nothing</dd>"));
}

TEST_CASE("page shows a pool that is over its limit as it is", "[report]") {
  Snapshot snapshot;
  add_pool(snapshot, ResourceId::kOpenFiles, "", 150, 100);
  CHECK_THAT(report::landing_page(model(&snapshot)), Contains("full, 150.0%<meter"));
}

TEST_CASE("page shows the fullest hundred pools and counts the rest", "[report]") {
  Snapshot snapshot;
  for (std::uint64_t i = 0; i < 250; ++i) {
    add_pool(snapshot, ResourceId::kInotifyWatches, std::to_string(i), i, 1000);
  }
  const std::string page = report::landing_page(model(&snapshot));
  CHECK(occurrences(page, "<meter ") == 100);
  CHECK_THAT(page, Contains("<td>uid 249</td>") && !Contains("<td>uid 149</td>"));
  CHECK_THAT(page, Contains("150 more pools"));
}

TEST_CASE("nothing that others name gets onto the page unescaped", "[report]") {
  const std::string evil = "\"><script>alert(1)</script><img src=x onerror='y'>\x01\xFF&";
  Snapshot snapshot;
  const auto container = add_container(snapshot, evil, evil, evil, evil);
  auto& pool = add_pool(snapshot, ResourceId::kInotifyWatches, evil, 5, 10);
  pool.userns = evil;
  pool.holdings = {{.holder = container, .used = 5}};
  const auto unit = add_unit(snapshot, evil);
  add_pool(snapshot, ResourceId::kInotifyInstances, evil, 5, 10).holdings = {
      {.holder = unit, .used = 5}};
  report::LandingModel full = model(&snapshot);
  full.version = full.source = full.source_reason = full.telemetry_path = evil;
  const std::string page = report::landing_page(full);
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("<img") == std::string::npos);
  CHECK(page.find('\x01') == std::string::npos);
  CHECK(page.find('\xFF') == std::string::npos);
  CHECK(occurrences(page, "&lt;script&gt;") == 12);
  // No quote of theirs ends an attribute either: every '"' is one of the page's own.
  Snapshot harmless = snapshot;
  harmless.holders[container].container_id = harmless.holders[container].container = "x";
  harmless.holders[unit].unit = "x";
  for (auto& each : harmless.pools) each.uid = each.userns = "x";
  const std::string plain = report::landing_page(model(&harmless));
  CHECK(occurrences(page, "\"") == occurrences(plain, "\""));
}

TEST_CASE("digest of the test is SHA-256", "[report]") {
  // openssl dgst -sha256 -binary | base64, of nothing, "abc" and a message of two blocks.
  CHECK(sha256_base64("") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  CHECK(sha256_base64("abc") == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
  CHECK(sha256_base64(std::string(64, 'a')) == "/+BU/nrgy23GXDr5th1SCfQ5hR20PQulmXM33xVGaOs=");
}

TEST_CASE("policy allows the style of the page and nothing else", "[report]") {
  const std::string expected = "default-src 'none'; style-src 'sha256-" +
                               sha256_base64(report::landing_style()) +
                               "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  CHECK(report::landing_policy() == expected);
  const std::string page = report::landing_page(model(nullptr));
  CHECK_THAT(page, Contains("<style>" + std::string(report::landing_style()) + "</style>"));
  CHECK(occurrences(page, "<style") == 1);
  CHECK(occurrences(page, "style=") == 0);
}
