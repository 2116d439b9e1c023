#include "page/state_section.hpp"

#include <chrono>

#include "page/html.hpp"
#include "report/growth_text.hpp"
#include "report/unseen.hpp"

namespace kcommons::page {

namespace {

using std::chrono::duration;

std::string age_text(const Model& model) {
  const double seconds = duration<double>(model.now - model.snapshot->taken_at).count();
  // A clock that was set back.
  if (seconds < 0) return "just now";
  if (seconds < 60) return fmt::format("{:.1f} s ago", seconds);
  return report::duration_text(
             std::chrono::seconds(static_cast<std::chrono::seconds::rep>(seconds))) +
         " ago";
}

void add_fact(std::string& out, std::string_view what, std::string_view html) {
  add(out, "<dt>{}</dt><dd>{}</dd>\n", what, html);
}

std::string list_html(const std::vector<std::string>& lines) {
  std::string out = "<ul>";
  for (const std::string& line : lines) add(out, "<li>{}</li>", safe(line));
  return out + "</ul>";
}

std::string unseen_html(const census::UnseenCounts& unseen) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < unseen.size(); ++i) {
    if (unseen.at(i) == 0) continue;
    lines.push_back(fmt::format("{} {}", number(unseen.at(i)),
                                report::words_for(static_cast<census::Unseen>(i))));
  }
  return lines.empty() ? "nothing: every process was seen" : list_html(lines);
}

std::string cost_text(const CensusCost& cost) {
  using Milliseconds = duration<double, std::milli>;
  return fmt::format("{:.1f} ms, {:.1f} ms of processor time", Milliseconds(cost.wall).count(),
                     Milliseconds(cost.cpu).count());
}

void add_census(std::string& out, const Model& model) {
  const attribution::Snapshot& snapshot = *model.snapshot;
  add_fact(
      out, "Accuracy",
      snapshot.exact ? "exact: the kernel’s own charges" : "an estimate, from what could be read");
  add_fact(out, "Last census",
           fmt::format("{}, at {} UTC", age_text(model), date_text(snapshot.taken_at)));
  if (model.cost) add_fact(out, "It took", cost_text(*model.cost));
  add_fact(out, "Seen",
           counted(snapshot.processes, "process", "processes") + ", " +
               counted(snapshot.containers, "container", "containers"));
  add_fact(out, "Not seen", unseen_html(snapshot.unseen));
  if (snapshot.failed_reads > 0) {
    add_fact(out, "Failed",
             counted(snapshot.failed_reads, "read", "reads") +
                 ", the first: " + safe(snapshot.first_failure));
  }
  if (snapshot.series_dropped > 0) {
    add_fact(out, "Summed up",
             counted(snapshot.series_dropped, "holder, pool or user", "holders, pools and users") +
                 " beyond the limits of the configuration, as “other”");
  }
  if (snapshot.cgroup_namespace_private) {
    add_fact(out, "Names",
             "kcommons runs in a cgroup namespace of its own and cannot tell all containers");
  }
}

}  // namespace

std::string state_in_short(const Model& model) {
  if (!model.snapshot) return {};
  return fmt::format("{}, {}, {}{}", safe(model.source),
                     model.snapshot->exact ? "exact" : "an estimate", age_text(model),
                     model.audit.complete ? "" : ", <a href=\"/#state\">not all was seen</a>");
}

std::string state_section(const Model& model) {
  std::string out =
      "<section id=\"state\" aria-labelledby=\"state-title\">"
      "<h2 id=\"state-title\">How this is known</h2><dl>\n";
  add_fact(out, "Source",
           fmt::format("{} <span class=\"dim\">({})</span>", safe(model.source),
                       safe(model.source_reason)));
  if (model.snapshot) add_census(out, model);
  add_fact(
      out, "Rights",
      model.missing_rights.empty() ? "all that would show more" : list_html(model.missing_rights));
  if (!model.audit.warnings.empty()) add_fact(out, "To note", list_html(model.audit.warnings));
  return out + "</dl></section>\n";
}

}  // namespace kcommons::page
