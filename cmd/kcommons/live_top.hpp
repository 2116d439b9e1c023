// `kcommons top` as a live view: what feeds it, and the run of it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "catalogue/catalogue.hpp"
#include "config/config.hpp"
#include "http/url.hpp"
#include "report/top.hpp"
#include "terminal/feed.hpp"

namespace kcommons::cmd {

// Takes a census of this host for each look. The source is opened at the first, so that the screen
// is there before, and by the thread that asks.
std::shared_ptr<terminal::Feed> feed_of_host(config::Config config, report::TopQuery query);
// Asks a daemon, whose censuses have a rhythm of their own.
std::shared_ptr<terminal::Feed> feed_of_daemon(http::Url url, report::TopQuery query);

struct LiveTop {
  report::TopQuery query;
  std::optional<catalogue::ResourceId> sort_column;
  std::chrono::milliseconds interval{2000};
};

// Until somebody quits: the exit code. An error is a terminal that cannot be used; nothing was
// shown then. Does not return where a question hangs that nobody waits for any more.
Result<int> live_top(std::shared_ptr<terminal::Feed> feed, const LiveTop& live);

}  // namespace kcommons::cmd
