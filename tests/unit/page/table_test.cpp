#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "page/table_section.hpp"
#include "page/use_rows.hpp"
#include "sample.hpp"

using namespace kcommons;
using namespace kcommons::page::test;
using Catch::Contains;
using page::By;
using page::Column;
using page::View;

namespace {

std::vector<std::string> names_of(const Snapshot& snapshot, const View& view) {
  std::vector<std::string> names;
  for (const page::UseRow& row : page::use_rows(snapshot, view).rows) names.push_back(row.name);
  return names;
}

using Names = std::vector<std::string>;

// a has most watches, b most files, c nothing.
Snapshot three() {
  Snapshot snapshot;
  const auto a = add_container(snapshot, std::string(64, '1'), "a-Web");
  const auto b = add_container(snapshot, std::string(64, '2'), "b-db");
  add_container(snapshot, std::string(64, '3'), "c-web");
  const auto unit = add_unit(snapshot, "ssh.service");
  add_pool(snapshot, ResourceId::kOpenFiles, "", 400, 1000).holdings = {
      {.holder = b, .used = 300}, {.holder = a, .used = 100}, {.holder = unit, .used = 4}};
  add_pool(snapshot, ResourceId::kInotifyWatches, "1000", 50, 100).holdings = {
      {.holder = a, .used = 50}};
  auto& inside = add_pool(snapshot, ResourceId::kInotifyWatches, "0", 50, 60);
  inside.userns = "4026532301";
  inside.holdings = {{.holder = a, .used = 50}};
  snapshot.users = {{.resource = ResourceId::kOpenFiles, .uid = "1000", .user = "anna", .used = 70},
                    {.resource = ResourceId::kThreads, .uid = "33", .used = 9}};
  return snapshot;
}

}  // namespace

TEST_CASE("containers are sorted by any column in either direction", "[page]") {
  const Snapshot snapshot = three();
  CHECK(names_of(snapshot, {}) == Names{"a-Web", "b-db", "c-web"});
  CHECK(names_of(snapshot, {.sort = Column::kOpenFiles}) == Names{"b-db", "a-Web", "c-web"});
  CHECK(names_of(snapshot, {.sort = Column::kOpenFiles, .ascending = true}) ==
        Names{"c-web", "a-Web", "b-db"});
  CHECK(names_of(snapshot, {.sort = Column::kName, .ascending = false}) ==
        Names{"c-web", "b-db", "a-Web"});
  // Equal ones stand in the order of their names.
  CHECK(names_of(snapshot, {.sort = Column::kProcesses}) == Names{"a-Web", "b-db", "c-web"});
}

TEST_CASE("the filter takes names and ids and images in any case", "[page]") {
  const Snapshot snapshot = three();
  CHECK(names_of(snapshot, {.filter = "WEB"}) == Names{"a-Web", "b-db", "c-web"});  // the image
  CHECK(names_of(snapshot, {.filter = "-web"}) == Names{"a-Web", "c-web"});
  CHECK(names_of(snapshot, {.filter = "2222"}) == Names{"b-db"});
  CHECK(names_of(snapshot, {.by = By::kUnit, .filter = "SSH"}) == Names{"ssh.service"});
  CHECK(names_of(snapshot, {.filter = "nothing"}).empty());
  Snapshot odd;
  add_unit(odd, "a\x1b[31mb");
  CHECK(names_of(odd, {.by = By::kUnit, .filter = "\\x1b[31M"}).size() == 1);
  CHECK(names_of(odd, {.by = By::kUnit, .filter = "\x1b["}).size() == 1);
  CHECK(page::use_rows(snapshot, {.filter = "nothing"}).all == 3);
}

TEST_CASE("a nested user namespace is not counted twice and its share is", "[page]") {
  const page::UseRow row = page::use_rows(three(), {}).rows.at(0);
  CHECK(row.inotify_watches == 50);
  CHECK(row.open_files == 100);
  CHECK(row.share == Approx(50.0 / 60));
  CHECK(row.share_pool == 2);
}

TEST_CASE("users have what is charged to them and their part of the host's pools", "[page]") {
  const auto rows = page::use_rows(three(), {.by = By::kUser}).rows;
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].name == "anna");
  CHECK(rows[0].detail == "uid 1000");
  CHECK(rows[0].open_files == 70);
  CHECK(rows[0].inotify_watches == 50);
  CHECK(rows[0].share == Approx(0.5));
  CHECK(rows[1].name == "uid 33");
  CHECK(rows[1].threads == 9);
}

TEST_CASE("the table comes by pages and keeps what was asked for in its links", "[page]") {
  const Snapshot snapshot = thousand();
  const View view{.sort = Column::kName, .ascending = true, .filter = "web-", .page = 2};
  const std::string html = page::table_section(snapshot, view);
  CHECK(occurrences(html, "<tr>") == 1 + page::kRowsOnPage);
  CHECK_THAT(html, Contains("51–100 of 1,000"));
  CHECK_THAT(html, Contains("href=\"/?sort=name&amp;filter=web-#holders\">Previous page"));
  CHECK_THAT(html, Contains("href=\"/?sort=name&amp;filter=web-&amp;page=3#holders\">Next page"));
  CHECK_THAT(html, Contains("value=\"web-\""));
  CHECK_THAT(html, Contains("<input type=\"hidden\" name=\"sort\" value=\"name\">"));
  CHECK_THAT(html, Contains("aria-sort=\"ascending\"><a "
                            "href=\"/?sort=name&amp;order=desc&amp;filter=web-#holders\""));
}

TEST_CASE("a page beyond the last is the last", "[page]") {
  CHECK(page::slice_of(101, 50, 9).page == 3);
  CHECK(page::slice_of(101, 50, 9).first == 100);
  CHECK(page::slice_of(101, 50, 9).last == 101);
  CHECK(page::slice_of(0, 50, 1).last == 0);
  CHECK(page::slice_of(100, 50, 2).pages == 2);
  const std::string html = page::table_section(three(), {.page = 7});
  CHECK_THAT(html, Contains("1–3 of 3") && !Contains("Next page") && !Contains("Previous page"));
}

TEST_CASE("a filter that fits nobody says so", "[page]") {
  const std::string html = page::table_section(three(), {.filter = "zzz"});
  CHECK_THAT(html, Contains("No name has this in it.") && Contains("3 left out by the filter") &&
                       Contains("Show all") && !Contains("<table"));
}
