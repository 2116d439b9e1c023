#include <algorithm>
#include <set>

#include "attribution/holder_name.hpp"
#include "page/html.hpp"
#include "page/links.hpp"
#include "page/meter.hpp"
#include "page/page.hpp"
#include "page/state_section.hpp"
#include "report/pool_rows.hpp"

namespace kcommons::page {

namespace {

using attribution::Holder;
using attribution::Holding;
using attribution::Pool;
using attribution::Snapshot;

struct Share {
  const Pool* pool = nullptr;
  const Holding* holding = nullptr;
  std::optional<double> of_limit;
};

std::optional<std::uint32_t> find_holder(const Snapshot& snapshot, const HolderQuery& query) {
  for (std::uint32_t i = 0; i < snapshot.holders.size(); ++i) {
    const Holder& holder = snapshot.holders[i];
    if (attribution::is_container(holder) != query.is_container) continue;
    const std::string& id = query.is_container ? holder.container_id : holder.unit;
    if (id == query.id && !attribution::is_other(holder)) return i;
  }
  return std::nullopt;
}

// The largest part of a limit first.
std::vector<Share> shares_of(const Snapshot& snapshot, std::uint32_t index) {
  std::vector<Share> shares;
  for (const Pool& pool : snapshot.pools) {
    for (const Holding& holding : pool.holdings) {
      if (holding.holder != index) continue;
      shares.push_back({.pool = &pool,
                        .holding = &holding,
                        .of_limit = attribution::fullness(holding.used, pool.limit)});
    }
  }
  std::ranges::stable_sort(
      shares, [](const Share& left, const Share& right) { return left.of_limit > right.of_limit; });
  return shares;
}

std::string pool_html(const Pool& pool) {
  const attribution::PoolKey key = key_of(pool);
  return fmt::format("<a href=\"{}\">{}</a> <small>{}</small>", pool_link(key),
                     catalogue::resource(key.resource).unit, scope_html(key));
}

std::string share_row(const Share& share) {
  const std::uint64_t used = share.pool->used_at_census.value_or(0);
  std::optional<double> of_used;
  if (used > 0) of_used = static_cast<double>(share.holding->used) / static_cast<double>(used);
  const auto ratio = attribution::fullness(*share.pool);
  return fmt::format(
      "<tr><th scope=\"row\" class=\"what\">{}{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td>"
      "<td class=\"n share {}\"><b>{}</b></td><td class=\"n share {}\"><b>{}</b> {}</td></tr>\n",
      pool_html(*share.pool),
      share.holding->role == cgroup::Role::kRuntime ? " <small>by its runtime</small>" : "",
      number(share.holding->used), report::percent_text(of_used), state_class(share.of_limit),
      report::percent_text(share.of_limit), state_class(ratio), report::percent_text(ratio),
      state_words(ratio, share.pool->limit));
}

std::string shares_section(const std::vector<Share>& shares) {
  std::string out =
      "<section id=\"shares\" aria-labelledby=\"shares-title\">"
      "<h2 id=\"shares-title\">What it holds</h2>";
  if (shares.empty()) return out + "<p>Nothing of any shared pool.</p></section>\n";
  out +=
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Shares\"><table><thead>"
      "<tr><th scope=\"col\">Pool</th><th scope=\"col\" class=\"n\">Holds</th>"
      "<th scope=\"col\" class=\"n\">Of what is used</th>"
      "<th scope=\"col\" class=\"n\">Of the limit</th>"
      "<th scope=\"col\" class=\"n\">The pool is</th></tr></thead><tbody>\n";
  for (const Share& share : shares) out += share_row(share);
  return out + "</tbody></table></div></section>\n";
}

// Those that are nearly full first: these it will feel.
std::string neighbour_section(const Snapshot& snapshot, std::uint32_t index) {
  std::vector<const Pool*> pools;
  for (const Pool& pool : snapshot.pools) {
    if (std::ranges::find(pool.neighbours, index) != pool.neighbours.end()) pools.push_back(&pool);
  }
  const auto ratio = [](const Pool* pool) { return attribution::fullness(*pool); };
  std::ranges::stable_sort(
      pools, [&ratio](const Pool* left, const Pool* right) { return ratio(left) > ratio(right); });
  std::string out =
      "<section id=\"shared\" aria-labelledby=\"shared-title\">"
      "<h2 id=\"shared-title\">Whose limits it is held to</h2>";
  if (pools.empty()) return out + "<p>None that is told by name.</p></section>\n";
  out += R"(<p class="dim">It fails when one of these is full.</p><ul class="columns">)";
  for (const Pool* const pool : pools) {
    add(out, "<li class=\"share {}\">{} <b>{}</b></li>", state_class(ratio(pool)), pool_html(*pool),
        report::percent_text(ratio(pool)));
  }
  return out + "</ul></section>\n";
}

void add_fact(std::string& out, std::string_view what, std::string_view text) {
  if (!text.empty()) add(out, "<dt>{}</dt><dd>{}</dd>\n", what, name_html(text));
}

void add_part(std::string& out, std::string_view what, const Holder::Part& part) {
  if (part.processes == 0 && part.descriptors == 0) return;
  add(out, "<dt>{}</dt><dd>{}, {}", what, counted(part.processes, "process", "processes"),
      counted(part.descriptors, "descriptor", "descriptors"));
  if (part.by_type) {
    std::string types;
    for (std::size_t i = 0; i < part.by_type->size(); ++i) {
      if (part.by_type->at(i) == 0) continue;
      if (!types.empty()) types += ", ";
      types += fmt::format("{} {}", number(part.by_type->at(i)),
                           name_of(static_cast<census::DescriptorType>(i)));
    }
    if (!types.empty()) add(out, " <span class=\"dim\">({})</span>", types);
  }
  out += "</dd>\n";
}

std::string facts_section(const Holder& holder) {
  std::string out =
      "<section id=\"facts\" aria-labelledby=\"facts-title\"><h2 id=\"facts-title\">Who it is</h2>"
      "<dl>\n";
  add_fact(out, "Id", holder.container_id);
  add_fact(out, "Runtime", holder.runtime);
  add_fact(out, "Image", holder.image);
  add_fact(out, "Container", holder.named ? holder.container : "");
  add_fact(out, "Pod", holder.pod);
  add_fact(out, "Namespace", holder.pod_namespace);
  add_fact(out, "Pod UID", holder.pod_uid);
  add_fact(out, "Compose project", holder.compose_project);
  add_fact(out, "Compose service", holder.compose_service);
  for (const auto& [name, value] : holder.labels) {
    add(out, "<dt>Label {}</dt><dd>{}</dd>\n", name_html(name), name_html(value));
  }
  if (!holder.parent_id.empty()) {
    add(out, "<dt>Inside of</dt><dd><a href=\"{}?container_id={}\">{}</a></dd>\n", kHolderPath,
        encoded(holder.parent_id), safe(holder.parent_id));
  }
  add_fact(out, "Cgroup", holder.cgroup);
  add_part(out, "Has", holder.workload);
  add_part(out, "Its runtime", holder.runtime_part);
  if (holder.descriptor_limit_ratio) {
    add(out, "<dt>Worst process</dt><dd>{} of its own limit of descriptors</dd>\n",
        report::percent_text(holder.descriptor_limit_ratio));
  }
  if (holder.receive_dropped) {
    add(out, "<dt>Lost</dt><dd>{}</dd>\n",
        counted(*holder.receive_dropped, "packet received", "packets received"));
  }
  return out + "</dl></section>\n";
}

}  // namespace

Result<HolderQuery> parse_holder_query(const Parameters& parameters) {
  if (parameters.size() != 1) {
    return fail(Error::other("query: expected container_id or unit, one of them"));
  }
  const auto& [name, id] = *parameters.begin();
  return HolderQuery{.is_container = name == "container_id", .id = id};
}

std::optional<std::string> holder_page(const Model& model, const HolderQuery& query) {
  if (!model.snapshot) return std::nullopt;
  const auto index = find_holder(*model.snapshot, query);
  if (!index) return std::nullopt;
  const Holder& holder = model.snapshot->holders[*index];
  const std::string name = attribution::holder_name(holder);
  std::string main;
  add(main,
      "<div class=\"lead\"><h1>{} <span class=\"scope\">{}</span></h1><p "
      "class=\"dim\">{}</p></div>\n",
      name_html(name), query.is_container ? "container" : "unit of the host",
      state_in_short(model));
  main += shares_section(shares_of(*model.snapshot, *index));
  main += neighbour_section(*model.snapshot, *index);
  main += facts_section(holder);
  return document(model, safe(name) + ": kcommons", main);
}

}  // namespace kcommons::page
