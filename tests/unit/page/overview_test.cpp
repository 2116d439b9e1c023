#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "page/page.hpp"
#include "sample.hpp"

using namespace kcommons;
using namespace kcommons::page::test;
using Catch::Contains;

namespace {

// Of the page, the answer at its top.
std::string answer_of(const std::string& html) {
  const auto from = html.find("<section id=\"answer\"");
  return html.substr(from, html.find("<section id=\"pools\"") - from);
}

std::string pools_of(const std::string& html) {
  const auto from = html.find("<section id=\"pools\"");
  return html.substr(from, html.find("<section id=\"holders\"") - from);
}

}  // namespace

TEST_CASE("the answer names the culprit and the neighbours and the remedy", "[page]") {
  const std::string answer = answer_of(page::overview_page(model_of(article()), {}));
  CHECK_THAT(answer, Contains("<b>100.0%</b> 7,028 <span class=\"of\">of 7,029</span>"));
  CHECK_THAT(answer, Contains("nearly full"));
  CHECK_THAT(answer, Contains("<p class=\"culprit\"><a href=\"/holder?container_id=aaaa"));
  CHECK_THAT(answer, Contains("<bdi>e2e-hog</bdi></a></p><p>holds 5,967, 84.9% of what is used"));
  CHECK_THAT(answer, Contains("<bdi>e2e-victim</bdi>") && Contains("<bdi>ssh.service</bdi>"));
  CHECK(answer.find("e2e-victim") < answer.find("ssh.service"));
  CHECK_THAT(answer, Contains("<code>ENFILE</code>: open, socket"));
  CHECK_THAT(answer, Contains("<code class=\"command\">sysctl -w fs.file-max=16384</code>"));
  // The culprit is not told to be his own victim, and the pool with room is no finding.
  CHECK(occurrences(answer, "e2e-hog") == 1);
  CHECK_THAT(answer, !Contains("inotify"));
}

TEST_CASE("where nothing is near its limit the page says so with the fullest pool", "[page]") {
  Snapshot snapshot;
  snapshot.readings[0] = {.used = 10, .limit = catalogue::Limit{100}};
  add_pool(snapshot, ResourceId::kOpenFiles, "", 10, 100);
  const std::string answer = answer_of(page::overview_page(model_of(snapshot), {}));
  CHECK_THAT(answer, Contains("No shared pool is near its limit"));
  CHECK_THAT(answer, Contains("The fullest is") && Contains("open files") && Contains("10.0%"));
}

TEST_CASE("where the last census tells too little the page does not say that all is well",
          "[page]") {
  const std::string answer = answer_of(page::overview_page(model_of({}), {}));
  CHECK_THAT(answer, Contains("cannot be told") && !Contains("No shared pool"));
}

TEST_CASE("pools stand in the order of their fullness and in words", "[page]") {
  const std::string pools = pools_of(page::overview_page(model_of(article()), {}));
  CHECK(pools.find("pool-open_files") < pools.find("pool-inotify_watches-initial-0"));
  CHECK_THAT(pools, Contains("role=\"meter\"") && Contains("aria-valuenow=\"100.0\""));
  CHECK_THAT(pools, Contains("<small>nearly full</small>") && Contains("<small>has room</small>"));
  CHECK_THAT(pools, Contains("nobody, unexplained") && Contains("1,000"));
}

TEST_CASE("a pool over its limit is told as it is and its bar stays in its frame", "[page]") {
  Snapshot snapshot;
  add_pool(snapshot, ResourceId::kOpenFiles, "", 150, 100);
  const std::string pools = pools_of(page::overview_page(model_of(snapshot), {}));
  CHECK_THAT(pools, Contains("150.0%") && Contains("<small>full</small>"));
  CHECK_THAT(pools, Contains("aria-valuenow=\"100.0\"") && Contains("width=\"100.0\""));
}

TEST_CASE("a pool without a limit has words and no meter", "[page]") {
  Snapshot snapshot;
  add_pool(snapshot, ResourceId::kOpenFiles, "", 150, 100).limit = catalogue::Limit{};
  const std::string pools = pools_of(page::overview_page(model_of(snapshot), {}));
  CHECK_THAT(pools, Contains("no limit") && !Contains("role=\"meter\""));
}

TEST_CASE("what grows tells when it will be full", "[page]") {
  Snapshot snapshot;
  auto& pool = add_pool(snapshot, ResourceId::kOpenFiles, "", 50, 100);
  pool.growth = attribution::Growth{.per_second = 0.01, .over = std::chrono::hours(1)};
  const std::string html = page::overview_page(model_of(snapshot), {});
  CHECK_THAT(answer_of(html), Contains("growing"));
  CHECK_THAT(answer_of(html), Contains("Full in about 1 h 23 min at the rate of the last hour"));
  CHECK_THAT(pools_of(html), Contains("full in 1 h 23 min"));
}

TEST_CASE("only the first findings are told in full", "[page]") {
  Snapshot snapshot;
  for (int i = 0; i < 40; ++i) {
    add_pool(snapshot, ResourceId::kInotifyWatches, std::to_string(i), 95, 100);
  }
  const std::string answer = answer_of(page::overview_page(model_of(snapshot), {}));
  CHECK(occurrences(answer, "<article") == 2);
  CHECK(occurrences(answer, "<li class=\"full\">") == 10);
  CHECK_THAT(answer, Contains("and 28 more"));
}

TEST_CASE("pools come by fifteens", "[page]") {
  Snapshot snapshot;
  for (std::uint64_t i = 0; i < 50; ++i) {
    add_pool(snapshot, ResourceId::kInotifyWatches, std::to_string(i), i, 1000);
  }
  const std::string second = pools_of(page::overview_page(model_of(snapshot), {.pools = 2}));
  CHECK(occurrences(second, "<details") == 15);
  CHECK_THAT(second, Contains("16–30 of 50 pools"));
  CHECK_THAT(second, Contains("<a href=\"/#pools\">Fuller ones</a>"));
  CHECK_THAT(second, Contains("<a href=\"/?pools=3#pools\">Less full ones</a>"));
}

TEST_CASE("the last hour of a pool and of its holders is drawn where it is kept", "[page]") {
  page::Model model = model_of(article());
  CHECK_THAT(page::overview_page(model, {}), !Contains("class=\"spark\""));
  model.history = [&model](const attribution::PoolKey& key) {
    return std::optional(use_of(*model.snapshot, key));
  };
  const std::string pools = pools_of(page::overview_page(model, {}));
  CHECK(occurrences(pools, "class=\"chart\"") == 2);
  // Of each pool one in its line, and one of each of its two holders.
  CHECK(occurrences(pools, "class=\"spark\"") == 6);
  CHECK_THAT(pools, Contains("aria-label=\"e2e-hog: 1,989 at 13:02 UTC, 5,967 at 14:02 UTC"));
}

TEST_CASE("the page tells how it knows and what it does not see", "[page]") {
  Snapshot snapshot = article();
  snapshot.unseen[static_cast<std::size_t>(census::Unseen::kInotifyDenied)] = 3;
  snapshot.failed_reads = 2;
  snapshot.first_failure = "open /proc/7/fd: Input/output error";
  page::Model model = model_of(snapshot);
  model.missing_rights = {"without CAP_SYS_PTRACE: what processes of others hold"};
  const std::string html = page::overview_page(model, {});
  CHECK_THAT(html, Contains("bpf, exact, 2.3 s ago, <a href=\"/#state\">not all was seen</a>"));
  CHECK_THAT(html, Contains("12.0 ms, 9.0 ms of processor time"));
  CHECK_THAT(html, Contains("3 processes whose inotify instances could not be looked for"));
  CHECK_THAT(html, Contains("2 reads, the first: open /proc/7/fd: Input/output error"));
  CHECK_THAT(html, Contains("without CAP_SYS_PTRACE"));
  CHECK_THAT(html, !Contains("class=\"notice\""));
  model.stale = "the last census is 5 min old";
  CHECK_THAT(page::overview_page(model, {}),
             Contains("<p class=\"notice\">the last census is 5 min old</p>"));
}

TEST_CASE("before the first census the page says that there is none", "[page]") {
  page::Model model;
  model.version = "0.1.0";
  model.source = "procfs";
  const std::string html = page::overview_page(model, {});
  CHECK_THAT(html, Contains("The first census is not done yet.") && Contains("procfs"));
  CHECK_THAT(html, !Contains("<table"));
}

TEST_CASE("incidents are told the newest first and at most ten of them", "[page]") {
  page::Model model = model_of(article());
  CHECK_THAT(page::overview_page(model, {}), Contains("No pool has come near its limit"));
  for (int i = 0; i < 12; ++i) {
    incidents::Incident incident;
    incident.resource = ResourceId::kInotifyWatches;
    incident.userns = "initial";
    incident.uid = "0";
    incident.state = i == 0 ? incidents::State::kOpen : incidents::State::kEnded;
    incident.began_at = model.now - std::chrono::hours(i);
    incident.lasted = std::chrono::minutes(3);
    incident.peak = 96;
    incident.limit = 100;
    model.incidents.push_back(std::make_shared<const incidents::Incident>(incident));
  }
  const std::string html = page::overview_page(model, {});
  CHECK_THAT(html, Contains(">2025-11-28 14:02:13</time>") && Contains("96.0%"));
  CHECK(occurrences(html, "<time ") == 10);
  CHECK_THAT(html, Contains("2 older ones, as JSON"));
}
