#include "live_top.hpp"

#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "commands.hpp"
#include "daemon/host_look.hpp"
#include "daemon/instances.hpp"
#include "daemon/process_names.hpp"
#include "daemon/remote_audit.hpp"
#include "daemon/remote_top.hpp"
#include "report/audit_options.hpp"
#include "report/top_table.hpp"
#include "terminal.hpp"
#include "terminal/live.hpp"

namespace kcommons::cmd {

namespace {

class HostFeed final : public terminal::Feed {
 public:
  HostFeed(config::Config config, report::TopQuery query)
      : config_(std::move(config)), query_(std::move(query)) {}

  Result<terminal::View> look(attribution::By by) override {
    if (!look_) {
      auto opened = daemon::HostLook::open(config_, clock_);
      if (!opened) return fail(opened.error().during("read the host"));
      look_ = std::move(*opened);
    }
    const auto taken = look_->take();
    if (!taken) return fail(taken.error().during("read the host"));
    return view_of(*taken, by);
  }

  Result<report::Instances> instances(Pid pid) override {
    return daemon::read_instances(config_.paths.procfs, pid);
  }

  // More than that nobody reads, and a path may have to be looked for.
  Result<report::Watches> watches(Pid pid, int fd) override {
    constexpr std::size_t kMost = 1000;
    return daemon::read_watches(config_.paths.procfs, pid, fd, kMost);
  }

 private:
  [[nodiscard]] terminal::View view_of(const daemon::OneShot& taken, attribution::By by) const {
    report::TopQuery query = query_;
    query.by = by;
    terminal::View view{.source = taken.source};
    view.audit = report::make_audit(
        taken.snapshot,
        {.name = taken.source, .reason = taken.source_reason, .restriction = taken.restriction},
        {});
    view.top = report::make_top(
        taken.census, taken.snapshot,
        {.name = taken.source, .reason = taken.source_reason, .restriction = taken.restriction},
        query);
    if (by != attribution::By::kProcess) return view;
    if (const auto named = daemon::name_processes(config_.paths.procfs, view.top); !named) {
      view.top.warnings.push_back(named.error().message() + "; processes are shown without a name");
    }
    return view;
  }

  config::Config config_;
  report::TopQuery query_;
  SystemClock clock_;
  std::unique_ptr<daemon::HostLook> look_;
};

class DaemonFeed final : public terminal::Feed {
 public:
  DaemonFeed(http::Url url, report::TopQuery query)
      : url_(std::move(url)), query_(std::move(query)) {}

  Result<terminal::View> look(attribution::By by) override {
    report::TopQuery query = query_;
    query.by = by;
    auto top = daemon::ask_top(url_, query);
    if (!top) return fail(top.error());
    // A census may have come in between: the next question is nearly always of one snapshot again.
    for (int attempt = 0;; ++attempt) {
      auto audit = daemon::ask_audit(url_, report::kDefaultWarn, report::kDefaultCrit);
      if (!audit) return fail(audit.error());
      if (audit->taken_at == top->taken_at || attempt == kAttempts) {
        std::string source = fmt::format("{} ({})", http::shown(url_), top->source);
        return terminal::View{
            .audit = std::move(*audit), .top = std::move(*top), .source = std::move(source)};
      }
      top = daemon::ask_top(url_, query);
      if (!top) return fail(top.error());
    }
  }

  Result<report::Instances> instances(Pid pid) override { return daemon::ask_instances(url_, pid); }

  Result<report::Watches> watches(Pid /*pid*/, int /*fd*/) override {
    return fail(
        Error::other("a daemon does not tell what a process watches: run kcommons top on "
                     "its host"));
  }

 private:
  static constexpr int kAttempts = 2;

  http::Url url_;
  report::TopQuery query_;
};

std::string sort_of(const LiveTop& live) {
  if (live.sort_column) return report::column_heading(*live.sort_column, report::Detail::kTable);
  if (live.query.order != report::TopOrder::kName) return {};
  switch (live.query.by) {
    case attribution::By::kContainer:
      return "HOLDER";
    case attribution::By::kUid:
      return "UID";
    case attribution::By::kUnit:
      return "UNIT";
    case attribution::By::kProcess:
      return "PID";
    case attribution::By::kPod:
      break;
  }
  return "POD";
}

}  // namespace

std::shared_ptr<terminal::Feed> feed_of_host(config::Config config, report::TopQuery query) {
  return std::make_shared<HostFeed>(std::move(config), std::move(query));
}

std::shared_ptr<terminal::Feed> feed_of_daemon(http::Url url, report::TopQuery query) {
  return std::make_shared<DaemonFeed>(std::move(url), std::move(query));
}

Result<int> live_top(std::shared_ptr<terminal::Feed> feed, const LiveTop& live) {
  terminal::State state;
  state.by = live.query.by;
  state.resources = live.query.resources;
  state.interval = live.interval;
  state.place().sort = sort_of(live);
  const auto ended = terminal::run_live(std::move(feed), std::move(state), wants_colour());
  if (!ended) return fail(ended.error());
  if (ended->left_behind) {
    static_cast<void>(std::fflush(nullptr));
    std::_Exit(kExitOk);
  }
  return kExitOk;
}

}  // namespace kcommons::cmd
