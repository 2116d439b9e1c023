#include "exposition/metric_table.hpp"

#include <algorithm>

namespace kcommons::exposition {

namespace {

constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_snake_case(std::string_view name) {
  return !name.empty() && is_lower(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

constexpr bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

template <typename Rule>
constexpr bool every_row(Rule rule) {
  return std::all_of(kMetrics.begin(), kMetrics.end(), rule);
}

constexpr bool has_unique_labels(const Metric& row) {
  for (std::size_t i = 0; i < row.labels.size(); ++i) {
    if (contains(row.labels.subspan(i + 1), row.labels[i])) return false;
  }
  return true;
}

// `le` and `quantile` belong to histograms and summaries; job and instance to the scraper.
constexpr bool has_valid_labels(const Metric& row) {
  return has_unique_labels(row) &&
         std::all_of(row.labels.begin(), row.labels.end(), [](std::string_view name) {
           return is_snake_case(name) && name != "le" && name != "quantile" && name != "job" &&
                  name != "instance";
         });
}

// Either none of the five container labels, or all of them in their order and side by side.
constexpr bool has_container_labels_whole(const Metric& row) {
  const std::span<const std::string_view> five(labels::kContainer);
  const bool has_any = std::any_of(
      five.begin(), five.end(), [&](std::string_view name) { return contains(row.labels, name); });
  return !has_any || std::search(row.labels.begin(), row.labels.end(), five.begin(), five.end()) !=
                         row.labels.end();
}

// Rows about a container are those named so; each must say which container.
constexpr bool names_its_container(const Metric& row) {
  return row.name.starts_with("kcommons_container_") == contains(row.labels, "container_id");
}

constexpr bool has_the_emitter_of_its_block(const Metric& row) {
  return row.emit.index() == static_cast<std::size_t>(row.block);
}

// Plain ASCII without '|': it is written into a table in markdown as it is.
constexpr bool has_plain_help(const Metric& row) {
  return row.help.ends_with('.') && std::all_of(row.help.begin(), row.help.end(), [](char c) {
           return c >= ' ' && c <= '~' && c != '|' && c != '\\';
         });
}

// A name stands in one row, and a row in one block, so that no family is ever in two blocks.
constexpr bool has_unique_names() {
  return every_row([](const Metric& row) {
    return std::count_if(kMetrics.begin(), kMetrics.end(),
                         [&](const Metric& other) { return other.name == row.name; }) == 1;
  });
}

static_assert(has_unique_names());
static_assert(every_row([](const Metric& row) { return is_snake_case(row.name); }));
static_assert(every_row([](const Metric& row) {
  return row.name.starts_with("kcommons_") || row.name.starts_with("process_");
}));
static_assert(every_row([](const Metric& row) {
  return row.name.ends_with("_total") == (row.type == MetricType::kCounter);
}));
static_assert(every_row([](const Metric& row) {
  return !row.name.ends_with("_info") || row.merge == Merge::kLargest;
}));
static_assert(every_row(has_plain_help));
static_assert(every_row(has_valid_labels));
static_assert(every_row(has_container_labels_whole));
static_assert(every_row(names_its_container));
static_assert(every_row(has_the_emitter_of_its_block));

}  // namespace

std::string metrics_markdown() {
  std::string out = "| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n";
  for (const Metric& row : kMetrics) {
    out += "| `";
    out += row.name;
    out += "` | ";
    out += name_of(row.type);
    out += " | ";
    for (std::size_t i = 0; i < row.labels.size(); ++i) {
      out += i == 0 ? "`" : ", `";
      out += row.labels[i];
      out += '`';
    }
    out += row.labels.empty() ? "| " : " | ";
    out += row.help;
    out += " |\n";
  }
  return out;
}

}  // namespace kcommons::exposition
