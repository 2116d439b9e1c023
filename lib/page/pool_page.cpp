#include <limits>

#include "page/chart.hpp"
#include "page/html.hpp"
#include "page/links.hpp"
#include "page/meter.hpp"
#include "page/page.hpp"
#include "page/pool_parts.hpp"
#include "page/state_section.hpp"
#include "page/table_section.hpp"
#include "report/growth_text.hpp"
#include "report/pool_rows.hpp"

namespace kcommons::page {

namespace {

constexpr std::size_t kHoldersOnPage = 200;

std::optional<std::size_t> find_pool(const Model& model, const attribution::PoolKey& key) {
  if (!model.snapshot) return std::nullopt;
  const auto& pools = model.audit.pools;
  for (std::size_t i = 0; i < pools.size(); ++i) {
    if (key_of(model.snapshot->pools[pools[i].row.pool]) == key) return i;
  }
  return std::nullopt;
}

std::string head_html(const PoolFacts& facts) {
  const report::AuditPool& row = *facts.row;
  const attribution::PoolKey key = key_of(*facts.pool);
  std::string out;
  add(out,
      "<article class=\"finding {}\"><header><h2><span class=\"pill\">{}</span></h2>"
      "<p class=\"amount\"><b>{}</b> {}</p></header>{}",
      state_class(row.row.ratio), state_words(row.row.ratio, row.row.limit),
      report::percent_text(row.row.ratio), amount_html(row.row),
      meter_html(row.row.ratio, "use of the pool"));
  if (report::is_foreseeable(row)) {
    add(out, "<p class=\"course\">{}</p>", report::full_in_text(*row.full_in, *row.growth));
  }
  const std::string chart =
      facts.use ? chart_html(facts.use->points, row.row.limit ? row.row.limit->value : std::nullopt,
                             "used lately")
                : "";
  const std::string between = chart.empty() ? "</div><div>" : "";
  add(out,
      "<div class=\"body\"><div><h3>When it is full</h3><p>{}</p>{}<h3>What to do</h3>{}</div>{}"
      "</div></article>\n",
      error_html(key.resource), between, remedy_html(facts),
      chart.empty() ? chart : "<div>" + chart + "</div>");
  return out;
}

std::string holders_section(const PoolFacts& facts, std::size_t page) {
  const std::size_t all = facts.pool->holdings.size();
  const Slice slice = slice_of(all, kHoldersOnPage, page);
  std::string out = R"(<section id="who" aria-labelledby="who-title">)";
  add(out,
      "<h2 id=\"who-title\">Who holds it</h2><div class=\"scroll plain\" role=\"region\" "
      "tabindex=\"0\" aria-label=\"Holders\">{}</div>",
      holders_html(facts, slice.first, kHoldersOnPage));
  if (slice.pages > 1) {
    add(out, "<p class=\"pager\"><span>{}–{} of {}</span>", number(std::uint64_t{slice.first + 1}),
        number(std::uint64_t{slice.last}), number(std::uint64_t{all}));
    const std::string link = pool_link(key_of(*facts.pool));
    if (slice.page > 1) {
      add(out, "<a href=\"{}&amp;page={}#who\">Larger ones</a>", link, slice.page - 1);
    }
    if (slice.page < slice.pages) {
      add(out, "<a href=\"{}&amp;page={}#who\">Smaller ones</a>", link, slice.page + 1);
    }
    out += "</p>";
  }
  return out + "</section>\n";
}

std::string neighbours_section(const PoolFacts& facts) {
  const attribution::Pool& pool = *facts.pool;
  return fmt::format(
      "<section id=\"neighbours\" aria-labelledby=\"neighbours-title\">"
      "<h2 id=\"neighbours-title\">Who fails with it when it is full</h2>"
      "<p class=\"dim\">{} and {} of the host are held to this limit, whether or not they hold any "
      "of it now.</p><div class=\"columns\">{}</div></section>\n",
      counted(pool.container_neighbours, "container", "containers"),
      counted(pool.host_neighbours, "unit", "units"),
      neighbours_html(facts, std::numeric_limits<std::size_t>::max()));
}

}  // namespace

Result<PoolQuery> parse_pool_query(const Parameters& parameters) {
  PoolQuery query;
  const auto name = parameters.find("resource");
  if (name == parameters.end()) return fail(Error::other("resource: missing, expected its name"));
  const auto resource = catalogue::find_resource(name->second);
  if (!resource) {
    return fail(Error::other("resource: \"" + name->second +
                             "\", expected the name of one, as the label of the metrics has it"));
  }
  query.pool.resource = *resource;
  if (const auto at = parameters.find("userns"); at != parameters.end()) {
    query.pool.userns = at->second;
  }
  if (const auto at = parameters.find("uid"); at != parameters.end()) query.pool.uid = at->second;
  if (const auto at = parameters.find("page"); at != parameters.end()) {
    const auto page = parse_page("page", at->second);
    if (!page) return fail(page.error());
    query.page = *page;
  }
  return query;
}

std::optional<std::string> pool_page(const Model& model, const PoolQuery& query) {
  const auto index = find_pool(model, query.pool);
  if (!index) return std::nullopt;
  const PoolFacts facts = pool_facts(model, *index);
  const std::string title =
      fmt::format("{} <span class=\"scope\">{}</span>",
                  catalogue::resource(query.pool.resource).unit, scope_html(query.pool));
  std::string main;
  add(main, "<div class=\"lead\"><h1>{}</h1><p class=\"dim\">{}</p></div>\n", title,
      state_in_short(model));
  main += head_html(facts) + holders_section(facts, query.page) + neighbours_section(facts);
  return document(model,
                  fmt::format("{}, {}: kcommons", catalogue::resource(query.pool.resource).unit,
                              scope_html(query.pool)),
                  main);
}

}  // namespace kcommons::page
