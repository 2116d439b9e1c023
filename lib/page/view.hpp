// What of the overview is asked for, as it stands in the address: bookmarks and forms without a
// script. Read strictly: what is ignored in silence is a table that is not what it says. Pure,
// thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace kcommons::page {

// Decoded names and values of a query.
using Parameters = std::map<std::string, std::string, std::less<>>;

// Whose use the table tells.
enum class By : std::uint8_t { kContainer, kUnit, kUser };
std::string_view name_of(By by);  // "container", "unit", "user"

enum class Column : std::uint8_t {
  kName,
  kShare,  // the most that it has of any limit
  kOpenFiles,
  kInotifyInstances,
  kInotifyWatches,
  kDescriptors,
  kProcesses,
  kThreads,
};
std::string_view name_of(Column column);  // "name", "share", "open_files", …
// That the table has, in their order.
std::span<const Column> columns_of(By by);

struct View {
  By by = By::kContainer;
  Column sort = Column::kShare;
  bool ascending = false;
  std::string filter;     // a part of what a row is called, in any case; any bytes
  std::size_t page = 1;   // of the table
  std::size_t pools = 1;  // of the list of pools
};

// The parameters that may stand in the query.
inline constexpr std::array<std::string_view, 6> kViewNames{"by",     "sort", "order",
                                                            "filter", "page", "pools"};

// An error reads "sort: \"x\", expected name, share, …".
Result<View> parse_view(const Parameters& parameters);

// The number of a page, from 1; `name` is that of the parameter.
Result<std::size_t> parse_page(std::string_view name, std::string_view text);

// "/?by=unit&amp;sort=name": the view as a link, fit for an attribute. What is so by default is
// left out.
std::string link_to(const View& view);

// Names first, the largest numbers first.
bool ascends_by_default(Column column);

}  // namespace kcommons::page
