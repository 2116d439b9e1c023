#include "report/top.hpp"

#include <fmt/core.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "daemon/one_shot.hpp"
#include "daemon/process_names.hpp"
#include "daemon/remote_top.hpp"
#include "flags.hpp"
#include "from.hpp"
#include "live_top.hpp"
#include "output.hpp"
#include "report/top_csv.hpp"
#include "report/top_json.hpp"
#include "report/top_summary.hpp"
#include "report/top_table.hpp"
#include "report/top_words.hpp"
#include "terminal.hpp"
#include "top_request.hpp"

namespace kcommons::cmd {

namespace {

// --- from a request to text -------------------------------------------------------------------

// Tables and CSV have no place for them.
void warn_beside(const report::Top& top) {
  for (const std::string& warning : top.warnings) warn(text::printable(warning));
}

// Gives names to the processes that are shown.
using Namer = std::function<void(report::Top& top)>;

std::string summary_text(const TopRequest& request, const report::Paper& paper, const Namer& name,
                         report::Top& top) {
  const bool by_name = request.query.order == report::TopOrder::kName;
  const auto summary = report::summarize(top, request.sort_column, by_name, request.limit);
  name(top);
  const auto detail =
      request.output == TopOutput::kWide ? report::Detail::kWide : report::Detail::kTable;
  return report::summary_table(top, summary, detail, paper);
}

std::string text_of(const TopRequest& request, const Namer& name, report::Top& top) {
  report::Paper paper = standard_output_paper();
  paper.headings = request.headings;
  if (request.is_summary()) return summary_text(request, paper, name, top);
  report::limit_rows(top, request.limit);
  name(top);
  switch (request.output) {
    case TopOutput::kJson:
      return report::top_json(top);
    case TopOutput::kCsv:
      return report::top_csv(top, request.headings);
    case TopOutput::kWide:
      return report::top_table(top, report::Detail::kWide, paper);
    case TopOutput::kTable:
      break;
  }
  return report::top_table(top, report::Detail::kTable, paper);
}

int print_top(const TopRequest& request, const Namer& name, report::Top& top) {
  const int code = print(text_of(request, name, top));
  if (request.output != TopOutput::kJson) warn_beside(top);
  return code;
}

int print_top_of_host(const config::Config& config, const TopRequest& request) {
  const SystemClock clock;
  auto look = daemon::sample_once(config, clock);
  if (!look) {
    warn(look.error().during("read the host").message() + "; there is nothing to show");
    return kExitFailure;
  }
  const report::TopSource source{.name = std::move(look->source),
                                 .reason = std::move(look->source_reason),
                                 .restriction = std::move(look->restriction)};
  report::Top top = report::make_top(look->census, look->snapshot, source, request.query);
  const auto name = [&config](report::Top& shown) {
    const auto named = daemon::name_processes(config.paths.procfs, shown);
    if (!named) warn(named.error().message() + "; processes are shown without a name");
  };
  return print_top(request, name, top);
}

int print_top_of_daemon(const http::Url& url, const TopRequest& request) {
  auto top = daemon::ask_top(url, request.query);
  if (!top) {
    warn(top.error().message());
    return kExitFailure;
  }
  return print_top(
      request, [](report::Top&) {}, *top);
}

// --- live ---------------------------------------------------------------------------------------

// The exit code; nothing where the terminal cannot be used.
std::optional<int> run_live(std::shared_ptr<terminal::Feed> feed, const TopRequest& request) {
  const auto code = live_top(
      std::move(feed),
      {.query = request.query, .sort_column = request.sort_column, .interval = request.interval});
  if (code) return *code;
  warn(code.error().message() + "; printing once");
  return std::nullopt;
}

int top_of_daemon(const Given& given, const std::string& from, const TopRequest& request) {
  if (const std::string why = against_from(given); !why.empty()) {
    warn(why);
    return kExitUsage;
  }
  const auto url = url_of_from(from);
  if (!url) {
    warn(url.error().message());
    return kExitUsage;
  }
  if (request.live) {
    if (const auto code = run_live(feed_of_daemon(*url, request.query), request)) return *code;
  }
  return print_top_of_daemon(*url, request);
}

int top_of_host(const Given& given, const TopRequest& request) {
  const auto effective = effective_config(environment(kReadingFlags), given);
  if (!effective.errors.empty()) return report(effective.errors);
  if (request.live) {
    const auto code = run_live(feed_of_host(effective.config, request.query), request);
    if (code) return *code;
  }
  return print_top_of_host(effective.config, request);
}

int top(const Given& given, const TopFlags& flags) {
  const auto request = request_of(flags);
  if (!request) {
    warn(request.error().message());
    return kExitUsage;
  }
  if (flags.from) return top_of_daemon(given, *flags.from, *request);
  return top_of_host(given, *request);
}

void add_top_flags(CLI::App& command, TopFlags& flags) {
  command.add_flag("--once", flags.once,
                   "Print once and exit, as it does where there is no terminal, and for --limit, "
                   "--no-headers and every output but table");
  command
      .add_option("--interval", flags.interval,
                  "How often a live view is refreshed: 500ms, 2s, 1m (default 2s)")
      ->type_name("");
  command
      .add_option("--from", flags.from,
                  fmt::format("Ask the kcommons that serves at this URL, http://host:port, in "
                              "place of this host; ${} is its user's password",
                              kPasswordVariable))
      ->type_name("");
  command
      .add_option("--resource", flags.resources,
                  "A resource, such as inotify_watches; may be repeated (default a summary of all)")
      ->type_name("NAME")
      ->expected(1)
      ->take_all();
  command.add_option("--by", flags.by, "Who: " + report::by_names() + " (default container)")
      ->type_name("");
  command
      .add_option("--sort", flags.sort,
                  "Order: " + report::order_names() +
                      "; in the summary a resource too (default used, the most first)")
      ->type_name("");
  command.add_option("--limit", flags.limit, "So many rows; the rest is summed up (default all)")
      ->type_name("N");
  command.add_flag("--no-headers", flags.no_headers, "Rows alone: neither headings nor totals");
  command.add_option("-o,--output", flags.output, "table, wide, json or csv (default table)")
      ->type_name("");
}

}  // namespace

void add_top(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("top", "Who holds what of the resources of this host, live on a terminal");
  const auto flags = std::make_shared<TopFlags>();
  add_top_flags(*command, *flags);
  const auto given = add_flags(*command, kReadingFlags);
  command->callback([given, flags, &exit_code] { exit_code = top(*given, *flags); });
}

}  // namespace kcommons::cmd
