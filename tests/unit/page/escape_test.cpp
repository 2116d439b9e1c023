#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "page/html.hpp"
#include "page/page.hpp"
#include "sample.hpp"

using namespace kcommons;
using namespace kcommons::page::test;

namespace {

const std::string kEvil = "\"><script>alert(1)</script><img src=x onerror='y'>\x01\x1b[31m\xFF&\n";

// Everything that others may choose, chosen badly.
page::Model poisoned(const std::string& text) {
  Snapshot snapshot;
  const auto container = add_container(snapshot, text, text);
  auto& holder = snapshot.holders[container];
  holder.runtime = holder.pod = holder.pod_namespace = holder.image = holder.cgroup = text;
  holder.compose_project = holder.compose_service = holder.pod_uid = holder.parent_id = text;
  holder.labels[text] = text;
  const auto unit = add_unit(snapshot, text);
  auto& watches = add_pool(snapshot, ResourceId::kInotifyWatches, text, 99, 100);
  watches.userns = text;
  watches.holdings = {{.holder = container, .used = 50}, {.holder = unit, .used = 5}};
  watches.neighbours = {container, unit};
  auto& files = add_pool(snapshot, ResourceId::kOpenFiles, "", 99, 100);
  files.holdings = {{.holder = unit, .used = 50}};
  files.neighbours = {container, unit};
  snapshot.users = {
      {.resource = ResourceId::kOpenFiles, .uid = text, .user = text + "x", .used = 3}};
  snapshot.first_failure = text;
  snapshot.failed_reads = 1;
  page::Model model = model_of(snapshot);
  model.version = model.source = model.source_reason = model.telemetry_path = text;
  model.restriction = model.stale = text;
  model.missing_rights = {text};
  model.history = [snapshot = model.snapshot](const attribution::PoolKey& key) {
    return std::optional(use_of(*snapshot, key));
  };
  auto census = std::make_shared<incidents::CensusView>();
  census->holders = {{.name = text, .used = 1, .share = 0.5}};
  incidents::Incident incident;
  incident.uid = incident.userns = text;
  incident.census = census;
  model.incidents = {std::make_shared<const incidents::Incident>(incident)};
  return model;
}

std::vector<std::string> pages_of(const std::string& text) {
  const page::Model model = poisoned(text);
  std::vector<std::string> pages;
  for (const page::By by : {page::By::kContainer, page::By::kUnit, page::By::kUser}) {
    pages.push_back(page::overview_page(model, {.by = by}));
    pages.push_back(page::overview_page(model, {.by = by, .filter = text}));
  }
  const attribution::PoolKey key{
      .resource = ResourceId::kInotifyWatches, .userns = text, .uid = text};
  pages.push_back(page::pool_page(model, {.pool = key}).value());
  pages.push_back(page::holder_page(model, {.is_container = true, .id = text}).value());
  pages.push_back(page::holder_page(model, {.id = text}).value());
  pages.push_back(page::trouble_page(model, text, text));
  return pages;
}

}  // namespace

TEST_CASE("what would turn a name round is shown in its place", "[page]") {
  CHECK(page::safe("a\xE2\x80\xAE<b>\xE2\x81\xA9\xE2\x80\xAE") ==
        "a\\u202e&lt;b&gt;\\u2069\\u202e");
  // Letters of scripts that are written from right to left are names like others.
  CHECK(page::safe("\xD7\x90\xD7\x91") == "\xD7\x90\xD7\x91");
}

TEST_CASE("nothing that others name gets onto a page unescaped", "[page]") {
  const auto pages = pages_of(kEvil);
  // No quote of theirs ends an attribute either, and no bracket begins a tag: there are as many of
  // each as with names that are harmless.
  const auto plain = pages_of("harmless");
  REQUIRE(pages.size() == plain.size());
  for (std::size_t i = 0; i < pages.size(); ++i) {
    CAPTURE(i);
    const std::string& html = pages[i];
    CHECK(occurrences(html, "<script") == 1);
    CHECK(html.find("<img") == std::string::npos);
    CHECK(html.find('\x01') == std::string::npos);
    CHECK(html.find('\x1b') == std::string::npos);
    CHECK(html.find('\xFF') == std::string::npos);
    CHECK(occurrences(html, "\"") == occurrences(plain[i], "\""));
    CHECK(occurrences(html, "<") == occurrences(plain[i], "<"));
    CHECK(occurrences(html, ">") == occurrences(plain[i], ">"));
    CHECK(occurrences(html, "&lt;script&gt;") > 0);
  }
}

TEST_CASE("what has no look of its own is shown and what has one stays", "[page]") {
  CHECK(page::safe("nginx\xE2\x80\x8B") == "nginx\\u200b");
  CHECK(page::safe("a\xEF\xBB\xBF\xF3\xA0\x81\x81") == "a\\ufeff\\ue0041");
  CHECK(page::safe("größe-日本-\xF0\x9F\x90\xB3") == "größe-日本-\xF0\x9F\x90\xB3");
}
