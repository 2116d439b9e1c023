#include <catch2/catch.hpp>
#include <string>

#include "page/page.hpp"
#include "sample.hpp"

using namespace kcommons;
using namespace kcommons::page::test;
using Catch::Contains;

TEST_CASE("the page of a pool has all its holders and neighbours", "[page]") {
  const page::Model model = model_of(thousand());
  const page::PoolQuery query{.pool = {.resource = ResourceId::kOpenFiles}};
  const auto html = page::pool_page(model, query);
  REQUIRE(html);
  CHECK_THAT(*html, Contains("1,000 containers and 100 units of the host are held to this limit"));
  const auto neighbours = html->substr(html->find("<section id=\"neighbours\""));
  CHECK(occurrences(neighbours, "<li>") == 1099);  // all but the top holder
  CHECK(occurrences(*html, "<tr>") == 201);
  CHECK_THAT(*html, Contains("1–200 of 1,100"));
  CHECK_THAT(*html, Contains("/pool?resource=open_files&amp;page=2#who\">Smaller ones"));
  const auto last = page::pool_page(model, {.pool = query.pool, .page = 6});
  REQUIRE(last);
  CHECK(occurrences(*last, "<tr>") == 101);
  CHECK_THAT(*last, !Contains("Smaller ones"));
}

TEST_CASE("a pool that is gone has no page", "[page]") {
  const page::Model model = model_of(article());
  CHECK_FALSE(page::pool_page(model, {.pool = {.resource = ResourceId::kOpenFiles, .uid = "7"}}));
  CHECK_FALSE(page::pool_page({}, {.pool = {.resource = ResourceId::kOpenFiles}}));
}

TEST_CASE("the page of a holder has its part of every pool and who it is", "[page]") {
  Snapshot snapshot = article();
  auto& hog = snapshot.holders[0];
  hog.labels["team"] = "shop";
  hog.parent_id = "c0ffee";
  hog.descriptor_limit_ratio = 0.5;
  hog.workload.by_type = census::DescriptorCounts{};
  hog.workload.by_type->at(1) = 5900;
  const auto html =
      page::holder_page(model_of(snapshot), {.is_container = true, .id = std::string(64, 'a')});
  REQUIRE(html);
  CHECK_THAT(*html, Contains("<h1><bdi>e2e-hog</bdi>"));
  CHECK_THAT(*html, Contains("<a href=\"/pool?resource=open_files\">open files</a>"));
  CHECK_THAT(*html, Contains("5,967") && Contains("84.9%"));
  CHECK_THAT(*html, Contains("shop/web:1.4") && Contains("<dt>Label <bdi>team</bdi></dt>"));
  CHECK_THAT(*html, Contains("/holder?container_id=c0ffee"));
  CHECK_THAT(*html, Contains("5,900 socket"));
  CHECK_THAT(*html, Contains("50.0% of its own limit of descriptors"));
}

TEST_CASE("a holder that holds nothing is known by what it is held to", "[page]") {
  const auto html =
      page::holder_page(model_of(article()), {.is_container = true, .id = std::string(64, 'b')});
  REQUIRE(html);
  const auto shared = html->substr(html->find("<section id=\"shared\""));
  CHECK(shared.find("open files") < shared.find("inotify watches"));
}

TEST_CASE("a container and a unit are not taken for each other and _other is nobody", "[page]") {
  Snapshot snapshot = article();
  add_unit(snapshot, std::string(attribution::kOther));
  const page::Model model = model_of(snapshot);
  CHECK(page::holder_page(model, {.id = "ssh.service"}));
  CHECK_FALSE(page::holder_page(model, {.is_container = true, .id = "ssh.service"}));
  CHECK_FALSE(page::holder_page(model, {.id = "_other"}));
  CHECK_FALSE(page::holder_page({}, {.id = "ssh.service"}));
}

TEST_CASE("what is cut to the bucket has no link", "[page]") {
  Snapshot snapshot;
  const auto other = add_unit(snapshot, std::string(attribution::kOther));
  add_pool(snapshot, ResourceId::kOpenFiles, "", 95, 100).holdings = {{.holder = other, .used = 9}};
  const std::string html = page::overview_page(model_of(snapshot), {});
  CHECK_THAT(html, Contains("other host groups") && !Contains("_other"));
}
