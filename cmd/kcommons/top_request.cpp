#include "top_request.hpp"

#include <fmt/core.h>

#include <string_view>

#include "base/text.hpp"
#include "config/values.hpp"
#include "report/top_words.hpp"
#include "terminal.hpp"
#include "terminal/state.hpp"

namespace kcommons::cmd {

namespace {

// What is wrong with a flag, as "--flag: what, expected what".
Error wrong(std::string_view flag, std::string_view value, std::string_view expected) {
  return Error::other(
      fmt::format("--{}: \"{}\", expected {}", flag, text::printable(value), expected));
}

std::string resource_names() {
  std::string all;
  for (const catalogue::Resource& row : catalogue::kResources) {
    if (!all.empty()) all += ", ";
    all += row.name;
  }
  return all;
}

std::optional<TopOutput> parse_output(std::string_view name) {
  if (name == "table") return TopOutput::kTable;
  if (name == "wide") return TopOutput::kWide;
  if (name == "json") return TopOutput::kJson;
  if (name == "csv") return TopOutput::kCsv;
  return std::nullopt;
}

Result<void> take_resources(const TopFlags& flags, TopRequest& request) {
  for (const std::string& name : flags.resources) {
    const auto resource = catalogue::find_resource(name);
    if (!resource) return fail(wrong("resource", name, "one of " + resource_names()));
    request.query.resources.push_back(*resource);
  }
  return {};
}

Result<void> take_order(const TopFlags& flags, TopRequest& request) {
  const bool summary = request.is_summary();
  if (const auto order = report::parse_order(flags.sort)) {
    const bool known = *order == report::TopOrder::kUsed || *order == report::TopOrder::kName;
    if (!summary || known) {
      request.query.order = *order;
      return {};
    }
  }
  if (!summary) return fail(wrong("sort", flags.sort, "one of " + report::order_names()));
  request.sort_column = catalogue::find_resource(flags.sort);
  if (request.sort_column) return {};
  return fail(wrong("sort", flags.sort, "used, name or, without --resource, a resource"));
}

// As the configuration has durations; without a unit it is seconds.
Result<void> take_interval(const TopFlags& flags, TopRequest& request) {
  constexpr config::DurationRange kRange{terminal::kShortestInterval, terminal::kLongestInterval};
  const bool plain = text::parse_number<unsigned>(flags.interval).has_value();
  const std::string given = plain ? flags.interval + "s" : flags.interval;
  if (config::take(given, kRange, request.interval)) return {};
  return fail(wrong("interval", flags.interval, config::describe(kRange)));
}

}  // namespace

Result<TopRequest> request_of(const TopFlags& flags) {
  TopRequest request;
  if (auto taken = take_resources(flags, request); !taken) return fail(taken.error());
  const auto by = report::parse_by(flags.by);
  if (!by) return fail(wrong("by", flags.by, "one of " + report::by_names()));
  request.query.by = *by;
  const auto output = parse_output(flags.output);
  if (!output) return fail(wrong("output", flags.output, "one of table, wide, json, csv"));
  request.output = *output;
  if (auto taken = take_order(flags, request); !taken) return fail(taken.error());
  const auto limit = text::parse_number<std::size_t>(flags.limit);
  if (!limit) return fail(wrong("limit", flags.limit, "a number of rows, 0 for all"));
  request.limit = *limit;
  request.headings = !flags.no_headers;
  if (auto taken = take_interval(flags, request); !taken) return fail(taken.error());
  // What is asked for but of a table that is printed is a wish for one.
  const bool prints = flags.once || *limit > 0 || flags.no_headers;
  request.live = !prints && request.output == TopOutput::kTable && is_interactive();
  return request;
}

}  // namespace kcommons::cmd
