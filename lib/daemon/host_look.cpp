#include "daemon/host_look.hpp"

#include <chrono>
#include <stop_token>
#include <utility>

#include "daemon/naming.hpp"
#include "daemon/one_shot.hpp"

namespace kcommons::daemon {

namespace {

// Of a command, people wait for names.
constexpr std::chrono::milliseconds kPatience{2000};

}  // namespace

Result<std::unique_ptr<HostLook>> HostLook::open(const config::Config& config, const Clock& clock) {
  config::Config once = config;
  once.reserve.walks = 0;  // who looks by hand can do without a census when there is nothing left
  auto opened = open_source(once, clock);
  if (!opened) return fail(opened.error());
  return std::unique_ptr<HostLook>(new HostLook(std::move(*opened), config, clock));
}

HostLook::HostLook(OpenedSource opened, const config::Config& config, const Clock& clock)
    : opened_(std::move(opened)),
      namer_(naming_of(config, kPatience), clock),
      neighbours_above_(config.neighbours_above) {}

Result<census::Census> HostLook::take_census() {
  auto census = opened_.source->take_census(std::stop_token{});
  if (!census) return fail(census.error().during("take a census by " + opened_.name));
  namer_.apply(*census);
  return census;
}

Result<report::Record> HostLook::record() {
  auto pools = opened_.source->read_pools();
  if (!pools) return fail(pools.error().during("read the pools by " + opened_.name));
  auto census = take_census();
  if (!census) return fail(census.error());
  return report::Record{.pools = std::move(*pools), .census = std::move(*census)};
}

Result<OneShot> HostLook::take() {
  auto census = take_census();
  if (!census) return fail(census.error());
  attribution::Snapshot snapshot = attribute_all(*census, neighbours_above_);
  return OneShot{.source = opened_.name,
                 .source_reason = opened_.reason,
                 .restriction = opened_.restriction,
                 .census = std::move(*census),
                 .snapshot = std::move(snapshot),
                 .told = namer_.told()};
}

}  // namespace kcommons::daemon
