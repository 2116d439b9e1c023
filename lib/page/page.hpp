// The pages for people: the overview at "/", one for each pool and for each holder, and what is
// said where none is. Each is one document without anything from elsewhere; all work without a
// script. Whatever comes from the host, its containers or the client is escaped. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "attribution/books.hpp"
#include "base/result.hpp"
#include "page/frame.hpp"
#include "page/links.hpp"
#include "page/model.hpp"
#include "page/view.hpp"

namespace kcommons::page {

// "/": what is nearly full and what to do, the pools, who holds what, incidents, how it is known.
std::string overview_page(const Model& model, const View& view);

// "/pool?resource=…": all holders, all neighbours. The last is the page of the holders.
struct PoolQuery {
  attribution::PoolKey pool;
  std::size_t page = 1;
};
inline constexpr std::array<std::string_view, 4> kPoolNames{"resource", "userns", "uid", "page"};
Result<PoolQuery> parse_pool_query(const Parameters& parameters);
// Empty where the last census has no such pool.
std::optional<std::string> pool_page(const Model& model, const PoolQuery& query);

// "/holder?container_id=…" or "?unit=…": who it is, and its part of every pool.
struct HolderQuery {
  bool is_container = false;
  std::string id;
};
inline constexpr std::array<std::string_view, 2> kHolderNames{"container_id", "unit"};
Result<HolderQuery> parse_holder_query(const Parameters& parameters);
std::optional<std::string> holder_page(const Model& model, const HolderQuery& query);

// Where there is no page: what is wrong, and a link to the overview.
std::string trouble_page(const Model& model, std::string_view title, std::string_view text);

}  // namespace kcommons::page
