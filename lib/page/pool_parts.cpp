#include "page/pool_parts.hpp"

#include <algorithm>

#include "attribution/holder_name.hpp"
#include "page/chart.hpp"
#include "page/html.hpp"
#include "page/links.hpp"
#include "report/pool_rows.hpp"

namespace kcommons::page {

namespace {

using attribution::Holder;
using attribution::Holding;
using attribution::Pool;

std::string share_text(std::uint64_t used, const Pool& pool) {
  if (pool.used_at_census.value_or(0) == 0) return "–";
  const double share = static_cast<double>(used) / static_cast<double>(*pool.used_at_census);
  return report::percent_text(share);
}

// The line of a holder in the history, which knows it by name and id.
const attribution::HolderUse* use_of(const PoolFacts& facts, const Holder& holder,
                                     const Holding& holding) {
  if (!facts.use) return nullptr;
  const std::string name = attribution::holder_name(holder);
  const std::string id =
      attribution::is_container(holder) ? attribution::short_id(holder.container_id) : "";
  const bool runtime = holding.role == cgroup::Role::kRuntime;
  for (const attribution::HolderUse& use : facts.use->holders) {
    if (use.name == name && use.id == id && use.runtime == runtime) return &use;
  }
  return nullptr;
}

std::string holder_row(const PoolFacts& facts, const Holding& holding,
                       const std::optional<Span>& span) {
  const Holder& holder = facts.snapshot->holders[holding.holder];
  std::string out = R"(<tr><th scope="row" class="name">)" + holder_html(holder);
  if (holding.role == cgroup::Role::kRuntime) out += " <small>by its runtime</small>";
  add(out, R"(</th><td class="n">{}</td><td class="n">{}</td>)", number(holding.used),
      share_text(holding.used, *facts.pool));
  if (span) {
    const auto* const use = use_of(facts, holder, holding);
    add(out, "<td class=\"line-cell\">{}</td>",
        use == nullptr ? "" : spark_html(use->points, *span, safe(use->name)));
  }
  return out + "</tr>\n";
}

std::string unattributed_row(const attribution::Unattributed& rest, const Pool& pool, bool lines) {
  const bool negative = rest.amount < 0;
  return fmt::format(
      "<tr class=\"rest\"><th scope=\"row\" class=\"name\">nobody, {}</th><td class=\"n\">{}</td>"
      "<td class=\"n\">{}</td>{}</tr>\n",
      safe(rest.cause), number(rest.amount),
      negative ? "–" : share_text(static_cast<std::uint64_t>(rest.amount), pool),
      lines ? "<td></td>" : "");
}

std::string advice_html(const report::Advice& advice) {
  std::string out = "<li>" + safe(advice.text);
  if (!advice.command.empty()) add(out, "<code class=\"command\">{}</code>", safe(advice.command));
  return out + "</li>";
}

// Of a pool that has room an audit says nothing; the catalogue knows what would help.
std::string remedy_of_resource(const catalogue::Resource& resource) {
  std::string out = "<ul class=\"advice\">";
  if (!resource.sysctl.empty()) add(out, "<li>raise <code>{}</code></li>", resource.sysctl);
  add(out, "<li>{}</li></ul>", safe(resource.remedy));
  return out;
}

// Containers first.
std::vector<std::uint32_t> neighbours_of(const PoolFacts& facts) {
  const Pool& pool = *facts.pool;
  std::vector<std::uint32_t> out = pool.neighbours;
  if (facts.row->row.top) std::erase(out, pool.holdings.front().holder);
  std::stable_partition(out.begin(), out.end(), [&facts](std::uint32_t index) {
    return attribution::is_container(facts.snapshot->holders[index]);
  });
  return out;
}

}  // namespace

PoolFacts pool_facts(const Model& model, std::size_t index) {
  PoolFacts facts;
  facts.snapshot = model.snapshot.get();
  facts.row = &model.audit.pools[index];
  facts.pool = &model.snapshot->pools[facts.row->row.pool];
  for (const report::Finding& finding : model.audit.findings) {
    if (finding.pool == index) facts.finding = &finding;
  }
  facts.use = model.history(key_of(*facts.pool));
  return facts;
}

std::string amount_html(const report::PoolRow& row) {
  const std::string used = row.used ? number(*row.used) : "unknown";
  if (row.limit && !row.limit->value) return used + "<span class=\"of\">, no limit</span>";
  const std::string limit = row.limit ? number(*row.limit->value) : "an unknown limit";
  return fmt::format("{} <span class=\"of\">of {}</span>", used, limit);
}

std::string held_html(const report::AuditPool& row) {
  if (!row.row.top) return {};
  std::string out = number(row.row.top->used);
  if (row.share) out += fmt::format(", {} of what is used", report::percent_text(row.share));
  return out;
}

std::string holders_html(const PoolFacts& facts, std::size_t first, std::size_t most) {
  const Pool& pool = *facts.pool;
  if (pool.holdings.empty() && pool.unattributed.empty()) {
    return "<p>Who holds it is not told by the kernel, or not by this source.</p>";
  }
  const auto span = facts.use ? span_of(facts.use->points) : std::nullopt;
  std::string out =
      "<table class=\"holders\"><thead><tr><th scope=\"col\">Holder</th>"
      "<th scope=\"col\" class=\"n\">Holds</th><th scope=\"col\" class=\"n\">Of what is used</th>";
  if (span) out += "<th scope=\"col\">Lately</th>";
  out += "</tr></thead><tbody>\n";
  const std::size_t last = std::min(pool.holdings.size(), first + most);
  for (std::size_t i = first; i < last; ++i) out += holder_row(facts, pool.holdings[i], span);
  if (last == pool.holdings.size()) {
    for (const attribution::Unattributed& rest : pool.unattributed) {
      if (rest.amount != 0) out += unattributed_row(rest, pool, span.has_value());
    }
  }
  return out + "</tbody></table>";
}

std::string neighbours_html(const PoolFacts& facts, std::size_t most) {
  const std::vector<std::uint32_t> others = neighbours_of(facts);
  const Pool& pool = *facts.pool;
  const std::uint64_t all = pool.container_neighbours + pool.host_neighbours;
  if (others.empty()) {
    // Names are kept of pools that are rather full alone.
    if (all > pool.neighbours.size()) return fmt::format("<p>{} of them</p>", number(all));
    return all == 1 ? "<p>nobody else is held to this limit</p>"
                    : "<p>nobody is held to this limit</p>";
  }
  std::string out = "<ul class=\"names\">";
  const std::size_t shown = std::min(most, others.size());
  for (std::size_t i = 0; i < shown; ++i) {
    add(out, "<li>{}</li>", holder_html(facts.snapshot->holders[others[i]]));
  }
  if (shown < others.size()) {
    add(out, "<li><a href=\"{}#neighbours\">and {} more</a></li>", pool_link(key_of(pool)),
        number(std::uint64_t{others.size() - shown}));
  }
  return out + "</ul>";
}

std::string error_html(catalogue::ResourceId resource) {
  const catalogue::Resource& row = catalogue::resource(resource);
  return fmt::format("<code>{}</code>: {}", safe(row.error), safe(row.symptom));
}

std::string remedy_html(const PoolFacts& facts) {
  if (facts.finding == nullptr) {
    return remedy_of_resource(catalogue::resource(facts.pool->resource));
  }
  std::string out = "<ul class=\"advice\">";
  for (const report::Advice& advice : facts.finding->advice) out += advice_html(advice);
  return out + "</ul>";
}

}  // namespace kcommons::page
