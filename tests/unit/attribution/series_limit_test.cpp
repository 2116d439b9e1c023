#include "attribution/series_limit.hpp"

#include <catch2/catch.hpp>

using kcommons::attribution::SeriesLimit;
using Keys = std::unordered_set<std::string>;

TEST_CASE("below the limit everything is kept", "[attribution]") {
  SeriesLimit limit(3);
  CHECK(limit.select({{.key = "a"}, {.key = "b"}, {.key = "c"}}) == Keys{"a", "b", "c"});
}

TEST_CASE("above it the largest shares are kept", "[attribution]") {
  SeriesLimit limit(2);
  CHECK(limit.select(
            {{.key = "a", .share = 0.1}, {.key = "b", .share = 0.5}, {.key = "c", .share = 0.3}}) ==
        Keys{"b", "c"});
}

TEST_CASE("a kept key stays for three more calls so that series do not flicker", "[attribution]") {
  SeriesLimit limit(1);
  CHECK(limit.select({{.key = "a", .share = 0.5}, {.key = "b", .share = 0.4}}) == Keys{"a"});
  for (int call = 0; call < SeriesLimit::kStay; ++call) {
    CHECK(limit.select({{.key = "a", .share = 0.3}, {.key = "b", .share = 0.4}}) == Keys{"a"});
  }
  CHECK(limit.select({{.key = "a", .share = 0.3}, {.key = "b", .share = 0.4}}) == Keys{"b"});
}

TEST_CASE("the leader of a pool is named at once", "[attribution]") {
  SeriesLimit limit(1);
  limit.select({{.key = "a", .share = 0.5}, {.key = "b", .share = 0.1}});
  CHECK(limit.select({{.key = "a", .share = 0.5}, {.key = "b", .share = 0.4, .leads = true}}) ==
        Keys{"b"});
}

TEST_CASE("a key that is gone makes room", "[attribution]") {
  SeriesLimit limit(1);
  limit.select({{.key = "a", .share = 0.5}, {.key = "b", .share = 0.1}});
  CHECK(limit.select({{.key = "b", .share = 0.1}, {.key = "c", .share = 0.05}}) == Keys{"b"});
}

TEST_CASE("another limit holds from the next call on", "[attribution]") {
  SeriesLimit limit(1);
  CHECK(limit.select({{"a", 0.1}, {"b", 0.5}}).size() == 1);
  limit.set_most(2);
  CHECK(limit.select({{"a", 0.1}, {"b", 0.5}}).size() == 2);
}
