#include <catch2/catch.hpp>
#include <string>

#include "page/page.hpp"
#include "sample.hpp"

using namespace kcommons;
using namespace kcommons::page::test;

TEST_CASE("at a thousand containers a page is lighter than 300 kB", "[page]") {
  page::Model model = model_of(thousand());
  model.history = [snapshot = model.snapshot](const attribution::PoolKey& key) {
    return std::optional(use_of(*snapshot, key));
  };
  constexpr std::size_t kMost = 300000;
  for (const page::By by : {page::By::kContainer, page::By::kUnit, page::By::kUser}) {
    const std::string html = page::overview_page(model, {.by = by});
    INFO(html.size());
    CHECK(html.size() < kMost);
  }
  const auto pool = page::pool_page(model, {.pool = {.resource = ResourceId::kOpenFiles}});
  REQUIRE(pool);
  INFO(pool->size());
  CHECK(pool->size() < kMost);
}
