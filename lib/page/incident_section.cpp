#include "page/incident_section.hpp"

#include <algorithm>

#include "page/html.hpp"
#include "page/links.hpp"
#include "page/meter.hpp"
#include "report/growth_text.hpp"
#include "report/pool_rows.hpp"

namespace kcommons::page {

namespace {

using incidents::Incident;

constexpr std::size_t kMost = 10;

std::string top_html(const Incident& incident) {
  if (!incident.census || incident.census->holders.empty()) return "–";
  const incidents::IncidentHolder& top = incident.census->holders.front();
  std::string out = name_html(top.name);
  if (top.share) out += fmt::format(" <small>{}</small>", report::percent_text(top.share));
  return out;
}

std::string row_html(const Incident& incident) {
  const attribution::PoolKey key{
      .resource = incident.resource, .userns = incident.userns, .uid = incident.uid};
  const auto ratio =
      attribution::fullness(incident.peak, catalogue::Limit{.value = incident.limit});
  const bool open = incident.state == incidents::State::kOpen;
  return fmt::format(
      "<tr><th scope=\"row\"><time datetime=\"{0}Z\">{0}</time></th><td>{1}</td>"
      "<td class=\"n\">{2}</td><td><a href=\"{3}\">{4}</a> <small>{5}</small></td>"
      "<td class=\"n {6}\"><b>{7}</b></td><td class=\"n\">{8} <span class=\"of\">of {9}</span></td>"
      "<td class=\"name\">{10}</td></tr>\n",
      date_text(incident.began_at),
      open ? R"(<span class="full"><span class="pill">open</span></span>)"
           : std::string(name_of(incident.state)),
      report::duration_text(incident.lasted), pool_link(key),
      catalogue::resource(key.resource).unit, scope_html(key), state_class(ratio),
      report::percent_text(ratio), number(incident.peak), number(incident.limit),
      top_html(incident));
}

}  // namespace

std::string incident_section(const incidents::Incidents& incidents) {
  std::string out =
      "<section id=\"incidents\" aria-labelledby=\"incidents-title\">"
      "<h2 id=\"incidents-title\">Incidents</h2>";
  if (incidents.empty()) {
    return out +
           "<p class=\"dim\">No pool has come near its limit as long as is remembered.</p>"
           "</section>\n";
  }
  out +=
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Incidents\"><table><thead>"
      "<tr><th scope=\"col\">Began (UTC)</th><th scope=\"col\">State</th>"
      "<th scope=\"col\" class=\"n\">Lasted</th><th scope=\"col\">Pool</th>"
      "<th scope=\"col\" class=\"n\">At most</th><th scope=\"col\" class=\"n\">Peak of limit</th>"
      "<th scope=\"col\">Top holder</th></tr></thead><tbody>\n";
  const std::size_t shown = std::min(kMost, incidents.size());
  for (std::size_t i = 0; i < shown; ++i) out += row_html(*incidents[i]);
  out += "</tbody></table></div>";
  if (shown < incidents.size()) {
    add(out, R"(<p class="pager"><a href="/api/v1/incidents">{} older ones, as JSON</a></p>)",
        number(std::uint64_t{incidents.size() - shown}));
  }
  return out + "</section>\n";
}

}  // namespace kcommons::page
