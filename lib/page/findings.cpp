#include "page/findings.hpp"

#include <algorithm>

#include "page/html.hpp"
#include "page/links.hpp"
#include "page/meter.hpp"
#include "page/pool_parts.hpp"
#include "report/growth_text.hpp"
#include "report/pool_rows.hpp"

namespace kcommons::page {

namespace {

// So many are told in full: with them the answer ends above the fold of a small screen.
constexpr std::size_t kInFull = 2;
constexpr std::size_t kMostNeighbours = 6;

// What it is nearly full of, as a link to all of it.
std::string title_html(const PoolFacts& facts) {
  const attribution::PoolKey key = key_of(*facts.pool);
  return fmt::format(R"(<a href="{}">{}</a> <span class="scope">{}</span>)", pool_link(key),
                     catalogue::resource(key.resource).unit, scope_html(key));
}

std::string_view pill_words(const PoolFacts& facts) {
  const auto& ratio = facts.row->row.ratio;
  // On course to be full, and not yet near it.
  if (state_class(ratio) == "calm") return "growing";
  return state_words(ratio, facts.row->row.limit);
}

std::string_view class_of(const report::Finding& finding) {
  return finding.severity == report::Severity::kCritical ? "full" : "warm";
}

std::string culprit_html(const PoolFacts& facts) {
  const report::AuditPool& row = *facts.row;
  if (!row.row.top) return "<p>not told by the kernel, or not by this source</p>";
  const attribution::Holder& top = facts.snapshot->holders[facts.pool->holdings.front().holder];
  std::string out = "<p class=\"culprit\">" + holder_html(top) + "</p>";
  add(out, "<p>holds {}{}</p>", held_html(row),
      row.row.top->runtime ? "; its runtime does, on its behalf" : "");
  if (!row.row.top->id.empty()) {
    add(out, "<p class=\"dim\">{} <code>{}</code></p>",
        top.runtime.empty() ? std::string("container") : safe(top.runtime), safe(row.row.top->id));
  }
  if (facts.pool->holdings.size() > 1) {
    add(out, R"(<p class="dim"><a href="{}#who">{}</a></p>)", pool_link(key_of(*facts.pool)),
        counted(facts.pool->holdings.size() - 1, "other holder", "other holders"));
  }
  return out;
}

std::string card_html(const PoolFacts& facts, std::size_t index) {
  const report::AuditPool& row = *facts.row;
  std::string out;
  add(out,
      "<article class=\"finding {0}\" aria-labelledby=\"finding-{1}\"><header>"
      "<h2 id=\"finding-{1}\"><span class=\"pill\">{2}</span> {3}</h2>"
      "<p class=\"amount\"><b>{4}</b> {5}</p></header>",
      class_of(*facts.finding), index, pill_words(facts), title_html(facts),
      report::percent_text(row.row.ratio), amount_html(row.row));
  out += meter_html(row.row.ratio, "use of the pool");
  if (report::is_foreseeable(row)) {
    add(out, "<p class=\"course\">{}</p>", report::full_in_text(*row.full_in, *row.growth));
  }
  add(out,
      "<div class=\"answer\"><section><h3>Who holds it</h3>{}</section>"
      "<section><h3>Who fails next</h3>{}<p class=\"dim\">with {}</p></section>"
      "<section><h3>What to do</h3>{}</section></div></article>\n",
      culprit_html(facts), neighbours_html(facts, kMostNeighbours),
      error_html(facts.pool->resource), remedy_html(facts));
  return out;
}

std::string line_html(const PoolFacts& facts) {
  const report::AuditPool& row = *facts.row;
  std::string out;
  add(out, R"(<li class="{}"><span class="pill">{}</span> {}: {})", class_of(*facts.finding),
      pill_words(facts), title_html(facts), amount_html(row.row));
  if (row.row.top) {
    const attribution::Holder& top = facts.snapshot->holders[facts.pool->holdings.front().holder];
    add(out, "; {} holds {}", holder_html(top), held_html(row));
  }
  return out + "</li>";
}

std::string fullest_html(const Model& model) {
  const auto& pools = model.audit.pools;
  if (pools.empty() || !pools.front().row.ratio) return {};
  const PoolFacts facts = pool_facts(model, 0);
  return fmt::format("<p>The fullest is {}: {}, {}.</p>", title_html(facts),
                     amount_html(facts.row->row), report::percent_text(facts.row->row.ratio));
}

std::string calm_html(const Model& model) {
  if (model.audit.status == report::Severity::kUnknown) {
    return "<article class=\"finding warm\"><header><h2><span class=\"pill\">not known</span> "
           "Whether a pool is near its limit cannot be told</h2></header><p>What was last seen "
           "was well, and may be no more.</p></article>\n";
  }
  return "<article class=\"finding calm\"><header><h2><span class=\"pill\">all well</span> No "
         "shared pool is near its limit</h2></header>" +
         fullest_html(model) + "</article>\n";
}

}  // namespace

std::string findings_section(const Model& model) {
  const auto& findings = model.audit.findings;
  std::string out = R"(<section id="answer" aria-label="What is nearly full">)";
  if (findings.empty()) out += calm_html(model);
  for (std::size_t i = 0; i < std::min(findings.size(), kInFull); ++i) {
    out += card_html(pool_facts(model, findings[i].pool), i);
  }
  if (findings.size() > kInFull) {
    constexpr std::size_t kMostLines = 10;
    out += "<ul class=\"more-findings\">";
    const std::size_t last = std::min(findings.size(), kInFull + kMostLines);
    for (std::size_t i = kInFull; i < last; ++i) {
      out += line_html(pool_facts(model, findings[i].pool));
    }
    if (last < findings.size()) {
      add(out, "<li>and {} more</li>", number(std::uint64_t{findings.size() - last}));
    }
    out += "</ul>";
  }
  return out + "</section>\n";
}

}  // namespace kcommons::page
