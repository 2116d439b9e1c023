#include "page/view.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "page/links.hpp"

namespace kcommons::page {

namespace {

constexpr std::array kOfHolders{
    Column::kName,           Column::kShare,       Column::kOpenFiles, Column::kInotifyInstances,
    Column::kInotifyWatches, Column::kDescriptors, Column::kProcesses};
constexpr std::array kOfUsers{Column::kName,           Column::kShare,
                              Column::kOpenFiles,      Column::kInotifyInstances,
                              Column::kInotifyWatches, Column::kThreads};
constexpr std::array kAllBy{By::kContainer, By::kUnit, By::kUser};

constexpr std::size_t kMostPages = 1000000;

auto refuse(std::string_view name, std::string_view value, std::string_view expected) {
  constexpr std::size_t kShownBytes = 80;
  const std::string shown = text::printable(value.substr(0, kShownBytes));
  return fail(Error::other(fmt::format("{}: \"{}{}\", expected {}", name, shown,
                                       value.size() > kShownBytes ? "…" : "", expected)));
}

// One of `known`, by its name.
template <typename T>
Result<T> choose(std::string_view name, std::string_view value, std::span<const T> known) {
  std::vector<std::string_view> names;
  for (const T each : known) {
    names.push_back(name_of(each));
    if (names.back() == value) return each;
  }
  return refuse(name, value, fmt::format("{}", fmt::join(names, ", ")));
}

std::optional<std::string_view> find(const Parameters& parameters, std::string_view name) {
  const auto at = parameters.find(name);
  if (at == parameters.end()) return std::nullopt;
  return at->second;
}

}  // namespace

std::string_view name_of(By by) {
  switch (by) {
    case By::kContainer:
      return "container";
    case By::kUnit:
      return "unit";
    case By::kUser:
      break;
  }
  return "user";
}

std::string_view name_of(Column column) {
  switch (column) {
    case Column::kName:
      return "name";
    case Column::kShare:
      return "share";
    case Column::kOpenFiles:
      return "open_files";
    case Column::kInotifyInstances:
      return "inotify_instances";
    case Column::kInotifyWatches:
      return "inotify_watches";
    case Column::kDescriptors:
      return "descriptors";
    case Column::kProcesses:
      return "processes";
    case Column::kThreads:
      break;
  }
  return "threads";
}

std::span<const Column> columns_of(By by) {
  if (by == By::kUser) return kOfUsers;
  return kOfHolders;
}

bool ascends_by_default(Column column) {
  return column == Column::kName;
}

Result<std::size_t> parse_page(std::string_view name, std::string_view text) {
  const auto page = text::parse_number<std::size_t>(text);
  if (!page || *page == 0 || *page > kMostPages) {
    return refuse(name, text, fmt::format("a number from 1 to {}", kMostPages));
  }
  return *page;
}

Result<View> parse_view(const Parameters& parameters) {
  View view;
  if (const auto by = find(parameters, "by")) {
    const auto chosen = choose<By>("by", *by, kAllBy);
    if (!chosen) return fail(chosen.error());
    view.by = *chosen;
  }
  if (const auto sort = find(parameters, "sort")) {
    const auto chosen = choose<Column>("sort", *sort, columns_of(view.by));
    if (!chosen) return fail(chosen.error());
    view.sort = *chosen;
  }
  view.ascending = ascends_by_default(view.sort);
  if (const auto order = find(parameters, "order")) {
    if (*order != "asc" && *order != "desc") return refuse("order", *order, "asc, desc");
    view.ascending = *order == "asc";
  }
  if (const auto filter = find(parameters, "filter")) view.filter = *filter;
  if (const auto number = find(parameters, "page")) {
    const auto page = parse_page("page", *number);
    if (!page) return fail(page.error());
    view.page = *page;
  }
  if (const auto number = find(parameters, "pools")) {
    const auto page = parse_page("pools", *number);
    if (!page) return fail(page.error());
    view.pools = *page;
  }
  return view;
}

std::string link_to(const View& view) {
  std::vector<std::string> parts;
  if (view.by != By::kContainer) parts.push_back(fmt::format("by={}", name_of(view.by)));
  if (view.sort != Column::kShare) parts.push_back(fmt::format("sort={}", name_of(view.sort)));
  if (view.ascending != ascends_by_default(view.sort)) {
    parts.push_back(fmt::format("order={}", view.ascending ? "asc" : "desc"));
  }
  if (!view.filter.empty()) parts.push_back("filter=" + encoded(view.filter));
  if (view.page != 1) parts.push_back(fmt::format("page={}", view.page));
  if (view.pools != 1) parts.push_back(fmt::format("pools={}", view.pools));
  if (parts.empty()) return "/";
  return fmt::format("/?{}", fmt::join(parts, "&amp;"));
}

}  // namespace kcommons::page
