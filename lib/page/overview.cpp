#include "page/findings.hpp"
#include "page/html.hpp"
#include "page/incident_section.hpp"
#include "page/page.hpp"
#include "page/pool_section.hpp"
#include "page/state_section.hpp"
#include "page/table_section.hpp"

namespace kcommons::page {

namespace {

std::string_view heading_of(const Model& model) {
  const auto& findings = model.audit.findings;
  if (!findings.empty())
    return findings.size() == 1 ? "A shared pool needs a look" : "Shared pools need a look";
  return "The kernel’s shared pools";
}

std::string title_of(const Model& model) {
  const std::size_t findings = model.audit.findings.size();
  if (findings == 0) return "kcommons";
  return fmt::format("({}) kcommons", findings);
}

// What makes the answer doubtful stands above it.
std::string notices_html(const Model& model) {
  std::string out;
  for (const std::string* const text : {&model.stale, &model.restriction}) {
    if (!text->empty()) add(out, "<p class=\"notice\">{}</p>\n", safe(*text));
  }
  return out;
}

}  // namespace

std::string overview_page(const Model& model, const View& view) {
  std::string main = "<div class=\"lead\">";
  add(main, "<h1>{}</h1><p class=\"dim\">{}</p></div>\n", heading_of(model), state_in_short(model));
  if (!model.snapshot) {
    main += "<p>The first census is not done yet.</p>\n" + state_section(model);
    return document(model, "kcommons", main);
  }
  main += notices_html(model);
  main += findings_section(model);
  main += pool_section(model, view);
  main += table_section(*model.snapshot, view);
  main += incident_section(model.incidents);
  main += state_section(model);
  return document(model, title_of(model), main);
}

std::string trouble_page(const Model& model, std::string_view title, std::string_view text) {
  return document(model, "kcommons: " + safe(title),
                  fmt::format("<h1>{}</h1><p>{}</p><p><a href=\"/\">All pools</a></p>\n",
                              safe(title), safe(text)));
}

}  // namespace kcommons::page
