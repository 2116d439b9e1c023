#include "daemon/reload.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <new>
#include <string_view>
#include <utility>

namespace kcommons::daemon {

namespace {

// What Apply takes on. A name that ends with a dot is a whole section.
constexpr std::array<std::string_view, 13> kChangeable{"sampling.pools_interval",
                                                       "sampling.holdings_interval",
                                                       "sampling.mappings_interval",
                                                       "sampling.peak_window",
                                                       "sampling.history_window",
                                                       "inotify.large_instance",
                                                       "inotify.large_read_interval",
                                                       "inotify.read_budget",
                                                       "limits.",
                                                       "neighbours_above",
                                                       "cgroup.layouts",
                                                       "identity.",
                                                       "log.level"};

bool is_changeable(std::string_view key) {
  return std::ranges::any_of(kChangeable, [key](std::string_view name) {
    return name.ends_with('.') ? key.starts_with(name) : key == name;
  });
}

}  // namespace

std::vector<std::string> fixed_keys(const std::vector<std::string>& keys) {
  std::vector<std::string> fixed;
  std::ranges::copy_if(keys, std::back_inserter(fixed),
                       [](const std::string& key) { return !is_changeable(key); });
  return fixed;
}

Reloader::Reloader(config::Config running, Read read, Apply apply, Parts parts)
    : read_(std::move(read)),
      apply_(std::move(apply)),
      parts_(parts),
      running_(std::move(running)),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

Reloader::~Reloader() = default;

void Reloader::ask() {
  {
    const std::lock_guard lock(asking_);
    asked_ = true;
  }
  wake_.notify_all();
}

void Reloader::work(const std::stop_token& stop) {
  ::pthread_setname_np(::pthread_self(), "reloader");
  std::unique_lock lock(asking_);
  while (wake_.wait(lock, stop, [this] { return asked_; }) && !stop.stop_requested()) {
    asked_ = false;
    lock.unlock();
    reload();
    lock.lock();
  }
}

std::vector<std::string> Reloader::reload() {
  const std::lock_guard lock(reloading_);
  report_notified(parts_.notifier.reloading());
  std::vector<std::string> mistakes;
  try {
    mistakes = try_reload();
  } catch (const std::bad_alloc&) {
    mistakes = {"out of memory"};
  }
  parts_.self.config_read(mistakes.empty(), parts_.clock.wall());
  for (const std::string& mistake : mistakes) {
    parts_.log.error("the configuration is not taken, the one before stays in force",
                     {{"mistake", mistake}});
  }
  report_notified(parts_.notifier.reloaded());
  return mistakes;
}

std::vector<std::string> Reloader::try_reload() {
  config::LoadResult next = read_();
  std::vector<std::string> mistakes;
  for (const config::ConfigError& error : next.errors) mistakes.push_back(error.text());
  if (!mistakes.empty()) return mistakes;
  const std::vector<std::string> changed = config::differing_keys(running_, next.config);
  for (const std::string& key : fixed_keys(changed)) {
    mistakes.push_back(key + ": changed, which takes a restart: restart kcommons, or put it back");
  }
  if (!mistakes.empty()) return mistakes;
  if (const auto applied = apply_(next.config, changed); !applied) {
    return {applied.error().message()};
  }
  running_ = std::move(next.config);
  parts_.log.info(
      "configuration reloaded",
      {{"changed", changed.empty() ? "nothing" : fmt::format("{}", fmt::join(changed, ","))}});
  return {};
}

void Reloader::report_notified(const Result<void>& told) {
  if (told) return;
  parts_.log.warn("the service manager is not told", {{"reason", told.error().message()}});
}

}  // namespace kcommons::daemon
