#include "report/landing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "report/format.hpp"
#include "report/pool_rows.hpp"
#include "report/unseen.hpp"

namespace kcommons::report {

namespace {

// A change here needs the new hash in kPolicy; the unit test says which.
constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --fg: #1c2126; --dim: #5a646e; --bg: #fff; --line: #d5dade;
  --link: #0b57b0; --warm: #8a5200; --full: #b3140c; }
@media (prefers-color-scheme: dark) { :root { --fg: #e4e8ec; --dim: #9ba6b0; --bg: #14181c;
  --line: #333b43; --link: #7db7ff; --warm: #f0b453; --full: #ff8a80; } }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: var(--fg);
  background: var(--bg); font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; }
h1 small, .dim { color: var(--dim); font-weight: normal; font-size: .85rem; }
h2 { margin: 2rem 0 .5rem; font-size: 1.15rem; }
a { color: var(--link); }
nav a { margin-right: 1.2rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; }
dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .4rem .8rem .4rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; }
th { color: var(--dim); font-size: .85rem; font-weight: 600; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.whole { white-space: nowrap; }
.name { overflow-wrap: anywhere; min-width: 10rem; }
meter { display: block; width: 6rem; margin-left: auto; }
.warm { color: var(--warm); font-weight: 600; }
.full { color: var(--full); font-weight: 600; }
)";

constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'sha256-1+bQH7xE4IHK2ni4ps42YBpC6lxFzwiZgfTgQCWCzvg='; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr std::size_t kMostRows = 100;
constexpr double kWarm = 0.7;
constexpr double kHigh = 0.9;

std::string safe(std::string_view text) {
  return html_escape(text::printable(text));
}

std::string age_text(std::chrono::milliseconds age) {
  const double seconds = std::chrono::duration<double>(age).count();
  if (seconds < 120) return fmt::format("{:.1f} s", seconds);
  return fmt::format("{:.0f} min", seconds / 60);
}

std::string unseen_text(const census::UnseenCounts& unseen) {
  std::string out;
  for (std::size_t i = 0; i < unseen.size(); ++i) {
    if (unseen[i] == 0) continue;
    if (!out.empty()) out += "<br>";
    out += fmt::format("{} {}", unseen[i], words_for(static_cast<census::Unseen>(i)));
  }
  return out.empty() ? "nothing" : out;
}

// In words too, not in colour alone.
std::string use_cell(const PoolRow& row) {
  if (!row.ratio) return "<td class=\"n\">-</td>";
  std::string_view state;
  std::string_view words;
  if (*row.ratio >= 1) {
    state = "full";
    words = "full, ";
  } else if (*row.ratio >= kHigh) {
    state = "full";
    words = "nearly full, ";
  } else if (*row.ratio >= kWarm) {
    state = "warm";
    words = "filling, ";
  }
  return fmt::format(
      R"(<td class="n {}">{}{}<meter min="0" max="1" low="{}" high="{}" optimum="0" value="{:.3f}"></meter></td>)",
      state, words, use_text(row), kWarm, kHigh, std::min(*row.ratio, 1.0));
}

std::string top_cell(const PoolRow& row) {
  if (!row.top) return "<td>-</td>";
  std::string detail = row.top->id;
  if (row.top->runtime) detail += detail.empty() ? "its runtime" : ", its runtime";
  std::string cell =
      fmt::format("<td class=\"name\"><bdi>{}</bdi> ({})", safe(row.top->name), row.top->used);
  if (!detail.empty()) cell += fmt::format("<br><span class=\"dim\">{}</span>", safe(detail));
  return cell + "</td>";
}

std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", count, count == 1 ? singular : plural);
}

std::string neighbours_html(const PoolRow& row) {
  return fmt::format("{}<br>{} on the host",
                     counted(row.container_neighbours, "container", "containers"),
                     row.host_neighbours);
}

std::string row_html(const PoolRow& row) {
  const catalogue::Resource& resource = catalogue::resource(row.resource);
  return fmt::format(
      "<tr><td>{}<br><span class=\"dim\">{}, {} when full</span></td>"
      "<td class=\"n\">{}</td><td class=\"n\">{}</td>{}<td>{}</td>{}<td "
      "class=\"whole\">{}</td></tr>\n",
      resource.unit, resource.sysctl, resource.error, used_text(row), limit_text(row),
      use_cell(row), safe(scope_text(row)), top_cell(row), neighbours_html(row));
}

std::string pools_html(const std::vector<PoolRow>& rows, std::string_view telemetry_path) {
  if (rows.empty()) return "<p>Nothing is used of any shared pool.</p>\n";
  std::string out =
      "<div class=\"scroll\"><table>\n<tr><th>Resource</th><th class=\"n\">Used</th>"
      "<th class=\"n\">Limit</th><th class=\"n\">Use</th><th>Shared by</th>"
      "<th>Top holder (holds)</th><th>Neighbours</th></tr>\n";
  const std::size_t shown = std::min(rows.size(), kMostRows);
  for (std::size_t i = 0; i < shown; ++i) out += row_html(rows[i]);
  out += "</table></div>\n";
  if (rows.size() > shown) {
    out += fmt::format("<p>{} more pools, less full, are in <a href=\"{}\">the metrics</a>.</p>\n",
                       rows.size() - shown, safe(telemetry_path));
  }
  return out;
}

std::string facts_html(const LandingModel& model) {
  std::string out = fmt::format("<dl>\n<dt>Census source</dt><dd>{} ({})</dd>\n",
                                safe(model.source), safe(model.source_reason));
  if (const attribution::Snapshot* snapshot = model.snapshot) {
    out += fmt::format(
        "<dt>Last census</dt><dd>{} ago</dd>\n<dt>Accuracy</dt><dd>{}</dd>\n"
        "<dt>Seen</dt><dd>{}, {}</dd>\n<dt>Not seen</dt><dd>{}</dd>\n",
        age_text(model.age),
        snapshot->exact ? "exact: the kernel's own charges" : "estimate from what could be read",
        counted(snapshot->processes, "process", "processes"),
        counted(snapshot->containers, "container", "containers"), unseen_text(snapshot->unseen));
    if (snapshot->cgroup_namespace_private) {
      out +=
          "<dt>Names</dt><dd>kcommons runs in a cgroup namespace of its own and cannot tell all "
          "containers</dd>\n";
    }
  }
  return out + "</dl>\n";
}

}  // namespace

std::string_view landing_policy() {
  return kPolicy;
}

std::string_view landing_style() {
  return kStyle;
}

std::string landing_page(const LandingModel& model) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>kcommons</title>\n<style>{}</style>\n</head>\n<body>\n"
      "<h1>kcommons <small>{}</small></h1>\n"
      "<p>The kernel resources that the containers of this host share: how full each pool is, who "
      "holds it, and who fails with it.</p>\n"
      "<nav><a href=\"{}\">Metrics</a><a href=\"/-/healthy\">Healthy</a>"
      "<a href=\"/-/ready\">Ready</a></nav>\n",
      kStyle, safe(model.version), safe(model.telemetry_path));
  out +=
      "<h2>Pools, the fullest first</h2>\n"
      "<p class=\"dim\">When a pool is full, all its neighbours fail together, whoever filled "
      "it.</p>\n";
  out += model.snapshot == nullptr ? std::string("<p>The first census is not done yet.</p>\n")
                                   : pools_html(pool_rows(*model.snapshot), model.telemetry_path);
  out += "<h2>How this is known</h2>\n";
  out += facts_html(model);
  return out + "</body>\n</html>\n";
}

}  // namespace kcommons::report
