#include "daemon/one_shot.hpp"

#include <limits>
#include <stop_token>
#include <utility>

#include "attribution/attributor.hpp"
#include "daemon/naming.hpp"
#include "daemon/source.hpp"

namespace kcommons::daemon {

namespace {

constexpr attribution::Limits unlimited() {
  constexpr auto kMost = std::numeric_limits<std::size_t>::max();
  return {.max_containers = kMost, .max_units = kMost, .max_pools = kMost, .max_users = kMost};
}

}  // namespace

attribution::Snapshot attribute_all(const census::Census& census, double neighbours_above) {
  return attribution::Attributor(unlimited(), neighbours_above).attribute(census);
}

Result<OneShot> sample_once(const config::Config& config, const Clock& clock) {
  config::Config once = config;
  once.reserve.walks = 0;  // one census needs no other
  auto opened = open_source(once, clock);
  if (!opened) return fail(opened.error());
  auto census = opened->source->take_census(std::stop_token{});
  if (!census) return fail(census.error().during("take a census by " + opened->name));
  constexpr std::chrono::milliseconds kPatience{2000};
  identity::Namer namer(naming_of(config, kPatience), clock);
  namer.apply(*census);
  attribution::Snapshot snapshot = attribute_all(*census, config.neighbours_above);
  return OneShot{.source = std::move(opened->name),
                 .source_reason = std::move(opened->reason),
                 .restriction = std::move(opened->restriction),
                 .census = std::move(*census),
                 .snapshot = std::move(snapshot),
                 .told = namer.told()};
}

}  // namespace kcommons::daemon
