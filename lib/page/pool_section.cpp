#include "page/pool_section.hpp"

#include "page/chart.hpp"
#include "page/html.hpp"
#include "page/links.hpp"
#include "page/meter.hpp"
#include "page/pool_parts.hpp"
#include "page/table_section.hpp"
#include "report/format.hpp"
#include "report/growth_text.hpp"
#include "report/pool_rows.hpp"

namespace kcommons::page {

namespace {

constexpr std::size_t kMostHolders = 10;
constexpr std::size_t kMostNeighbours = 12;
constexpr std::size_t kMostOfName = 24;  // on one line of the list; below it stands whole

std::optional<std::uint64_t> limit_of(const report::PoolRow& row) {
  return row.limit ? row.limit->value : std::nullopt;
}

std::string spark_of(const PoolFacts& facts) {
  if (!facts.use) return {};
  auto span = span_of(facts.use->points);
  if (!span) return {};
  span->most += span->most / 4 + 1;
  return spark_html(facts.use->points, *span, "lately");
}

std::string top_html(const PoolFacts& facts) {
  const auto& top = facts.row->row.top;
  if (!top) return "–";
  return fmt::format("{} <small>{}</small>", name_html(report::cut_middle(top->name, kMostOfName)),
                     report::percent_text(facts.row->share));
}

std::string course_html(const report::AuditPool& row) {
  if (!report::is_foreseeable(row)) return {};
  return "full in " + report::duration_text(*row.full_in);
}

std::string summary_html(const PoolFacts& facts) {
  const report::PoolRow& row = facts.row->row;
  const attribution::PoolKey key = key_of(*facts.pool);
  std::string out;
  add(out,
      "<summary><span class=\"what\"><b>{}</b> <small>{}</small></span>"
      "<span class=\"use\">{}<span class=\"percent\">{}</span> <small>{}</small></span>"
      "<span class=\"amount\">{}</span><span class=\"lately\">{}</span>"
      "<span class=\"top\">{}</span><span class=\"course\">{}</span></summary>",
      catalogue::resource(key.resource).unit, scope_html(key),
      meter_html(row.ratio, "use of the pool"), report::percent_text(row.ratio),
      state_words(row.ratio, row.limit), amount_html(row), spark_of(facts), top_html(facts),
      course_html(*facts.row));
  return out;
}

std::string body_html(const PoolFacts& facts) {
  const report::AuditPool& row = *facts.row;
  const attribution::PoolKey key = key_of(*facts.pool);
  const std::string chart =
      facts.use ? chart_html(facts.use->points, limit_of(row.row), "used lately") : "";
  std::string out = "<div class=\"body\"><div>";
  if (report::is_foreseeable(row)) {
    add(out, "<p class=\"course\">{}</p>", report::full_in_text(*row.full_in, *row.growth));
  }
  out += holders_html(facts, 0, kMostHolders);
  add(out, "<p><a href=\"{}\">All of this pool</a></p></div><div>{}", pool_link(key), chart);
  add(out,
      "<h3>Who fails when it is full</h3>{}<h3>With</h3><p>{}</p>"
      "<h3>What to do</h3>{}</div></div>",
      neighbours_html(facts, kMostNeighbours), error_html(key.resource), remedy_html(facts));
  return out;
}

std::string pool_html(const PoolFacts& facts) {
  const attribution::PoolKey key = key_of(*facts.pool);
  return fmt::format("<details class=\"pool {}\" id=\"pool-{}-{}-{}\">{}{}</details>\n",
                     state_class(facts.row->row.ratio), catalogue::resource(key.resource).name,
                     encoded(key.userns), encoded(key.uid), summary_html(facts), body_html(facts));
}

std::string pager_html(const View& view, const Slice& slice, std::size_t all) {
  if (slice.pages == 1) return {};
  std::string out = "<p class=\"pager\">";
  add(out, "<span>{}–{} of {} pools</span>", number(std::uint64_t{slice.first + 1}),
      number(std::uint64_t{slice.last}), number(std::uint64_t{all}));
  const auto link = [&](std::size_t page, std::string_view text) {
    View other = view;
    other.pools = page;
    add(out, " <a href=\"{}#pools\">{}</a>", link_to(other), text);
  };
  if (slice.page > 1) link(slice.page - 1, "Fuller ones");
  if (slice.page < slice.pages) link(slice.page + 1, "Less full ones");
  return out + "</p>";
}

}  // namespace

std::string pool_section(const Model& model, const View& view) {
  const std::size_t all = model.audit.pools.size();
  std::string out =
      "<section id=\"pools\" aria-labelledby=\"pools-title\">"
      "<h2 id=\"pools-title\">Pools, the fullest first</h2>"
      "<p class=\"dim\">When one is full, all who share it fail together, whoever filled it.</p>";
  if (all == 0) return out + "<p>Nothing is used of any shared pool.</p></section>\n";
  std::string list;
  const Slice slice = slice_of(all, kPoolsOnPage, view.pools);
  for (std::size_t i = slice.first; i < slice.last; ++i) list += pool_html(pool_facts(model, i));
  const bool lines = list.find("class=\"spark\"") != std::string::npos;
  add(out, "<div class=\"pools{}\">", lines ? "" : " plain");
  out +=
      "<p class=\"pool-heads\" aria-hidden=\"true\"><span>Pool</span>"
      "<span>Use</span><span class=\"n\">Used of limit</span><span class=\"lately\">Lately</span>"
      "<span>Top holder</span><span></span></p>\n";
  return out + list + "</div>" + pager_html(view, slice, all) + "</section>\n";
}

}  // namespace kcommons::page
