#include "page/view.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "page/page.hpp"

using namespace kcommons;
using page::By;
using page::Column;
using page::Parameters;

namespace {

std::string error_of(const Parameters& parameters) {
  const auto view = page::parse_view(parameters);
  return view ? "none" : view.error().message();
}

}  // namespace

TEST_CASE("a view is read from a query and written as the same query", "[page]") {
  const auto view = page::parse_view({{"by", "unit"},
                                      {"sort", "inotify_watches"},
                                      {"order", "asc"},
                                      {"filter", "a b&c"},
                                      {"page", "3"},
                                      {"pools", "2"}});
  REQUIRE(view);
  CHECK(view->by == By::kUnit);
  CHECK(view->sort == Column::kInotifyWatches);
  CHECK(view->ascending);
  CHECK(view->filter == "a b&c");
  CHECK(view->page == 3);
  CHECK(view->pools == 2);
  CHECK(page::link_to(*view) ==
        "/?by=unit&amp;sort=inotify_watches&amp;order=asc&amp;filter=a%20b%26c&amp;page=3&amp;"
        "pools=2");
}

TEST_CASE("what a view is by default is left out of its address", "[page]") {
  CHECK(page::link_to({}) == "/");
  const auto by_name = page::parse_view({{"sort", "name"}});
  REQUIRE(by_name);
  CHECK(by_name->ascending);
  CHECK(page::link_to(*by_name) == "/?sort=name");
  const auto empty = page::parse_view({{"filter", ""}});
  REQUIRE(empty);
  CHECK(page::link_to(*empty) == "/");
}

TEST_CASE("what a view cannot be is refused with what it can be", "[page]") {
  CHECK(error_of({{"by", "pod"}}) == "by: \"pod\", expected container, unit, user");
  CHECK(error_of({{"sort", "threads"}}) ==
        "sort: \"threads\", expected name, share, open_files, inotify_instances, inotify_watches, "
        "descriptors, processes");
  CHECK(error_of({{"by", "user"}, {"sort", "threads"}}) == "none");
  CHECK(error_of({{"order", "up"}}) == "order: \"up\", expected asc, desc");
  CHECK(error_of({{"page", "0"}}) == "page: \"0\", expected a number from 1 to 1000000");
  CHECK(error_of({{"page", "-1"}}) == "page: \"-1\", expected a number from 1 to 1000000");
  CHECK(error_of({{"pools", "x"}}) == "pools: \"x\", expected a number from 1 to 1000000");
  CHECK(error_of({{"sort", std::string(500, 'x')}}).size() < 250);
}

TEST_CASE("a pool and a holder are asked for by their labels", "[page]") {
  const auto pool = page::parse_pool_query(
      {{"resource", "inotify_watches"}, {"userns", "initial"}, {"uid", "0"}, {"page", "2"}});
  REQUIRE(pool);
  CHECK(pool->pool.uid == "0");
  CHECK(pool->page == 2);
  CHECK(page::parse_pool_query({}).error().message() == "resource: missing, expected its name");
  CHECK_FALSE(page::parse_pool_query({{"resource", "files"}}));
  CHECK_FALSE(page::parse_pool_query({{"resource", "open_files"}, {"page", "none"}}));
  const auto holder = page::parse_holder_query({{"unit", "ssh.service"}});
  REQUIRE(holder);
  CHECK_FALSE(holder->is_container);
  CHECK(holder->id == "ssh.service");
  CHECK_FALSE(page::parse_holder_query({}));
  CHECK_FALSE(page::parse_holder_query({{"unit", "a"}, {"container_id", "b"}}));
}
