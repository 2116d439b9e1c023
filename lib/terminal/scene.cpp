#include "terminal/scene.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "report/pool_rows.hpp"
#include "terminal/cells.hpp"
#include "terminal/rows.hpp"

namespace kcommons::terminal {

namespace {

// As many as leave room for the rows below.
std::size_t bars_for(const Size& size) {
  constexpr std::size_t kMany = 6;
  constexpr std::size_t kFew = 3;
  if (size.rows >= 40) return 2 * kMany;
  if (size.rows >= 20) return kMany;
  if (size.rows >= 14) return kFew;
  return size.rows >= 10 ? 1 : 0;
}

bool is_asked_for(const State& state, catalogue::ResourceId resource) {
  return state.resources.empty() || std::ranges::count(state.resources, resource) > 0;
}

// The fullest pools: of each resource one, and all that are found to be full.
std::vector<std::size_t> fullest(const State& state, const report::Audit& audit) {
  std::vector<std::size_t> bars;
  std::set<catalogue::ResourceId> told;
  std::set<std::size_t> found;
  for (const report::Finding& finding : audit.findings) found.insert(finding.pool);
  for (std::size_t i = 0; i < audit.pools.size() && bars.size() < bars_for(state.size); ++i) {
    const report::PoolRow& row = audit.pools[i].row;
    if (!row.ratio || !is_asked_for(state, row.resource)) continue;
    if (told.insert(row.resource).second || found.contains(i)) bars.push_back(i);
  }
  return bars;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

void filter_items(Scene& scene, const std::string& filter) {
  if (filter.empty()) return;
  scene.hidden =
      std::erase_if(scene.items, [&](const Item& item) { return !matches(item, filter); });
}

bool is_before(const Scene& scene, const Item& left, const Item& right) {
  const Cell& one = left.cells[scene.sorted_by];
  const Cell& other = right.cells[scene.sorted_by];
  if (!scene.columns[scene.sorted_by].is_number) {
    return scene.most_first ? other.text < one.text : one.text < other.text;
  }
  if (one.value.has_value() != other.value.has_value()) return one.value.has_value();
  if (!one.value) return false;
  return scene.most_first ? *other.value < *one.value : *one.value < *other.value;
}

void sort_items(Scene& scene, const Place& place, std::string_view usual) {
  if (scene.columns.empty()) return;
  const auto index_of = [&](std::string_view heading) {
    const auto at = std::ranges::find(scene.columns, heading, &Column::heading);
    return static_cast<std::size_t>(at - scene.columns.begin());
  };
  scene.sorted_by = index_of(place.sort);
  if (scene.sorted_by == scene.columns.size()) scene.sorted_by = index_of(usual);
  if (scene.sorted_by == scene.columns.size()) {
    scene.sorted_by = scene.names < scene.columns.size() ? scene.names : 0;
  }
  scene.most_first = scene.columns[scene.sorted_by].is_amount != place.inverted;
  std::ranges::stable_sort(scene.items, [&](const Item& left, const Item& right) {
    return is_before(scene, left, right);
  });
}

void select(Scene& scene, const State& state, const Data& data) {
  const Place& place = state.place();
  scene.selected = scene.size() == 0 ? 0 : std::min(place.index, scene.size() - 1);
  if (place.selected.empty()) {
    // Who has filtered before there was anything to see wants to go to what is left.
    const bool filtered = !place.filter.empty() && !scene.items.empty();
    if (filtered) scene.selected = std::max(scene.selected, scene.bars.size());
    return;
  }
  for (std::size_t i = 0; i < scene.size(); ++i) {
    if (key_at(scene, data, state, i) != place.selected) continue;
    scene.selected = i;
    return;
  }
}

}  // namespace

Scene scene(const State& state, const Data& data) {
  Scene made;
  const Place& place = state.place();
  const Seen* const seen = data.of(by_of(state));
  switch (place.level) {
    case Level::kOverview:
      if (seen == nullptr) break;
      made.bars = fullest(state, seen->view.audit);
      add_summary(*seen, nullptr, made);
      break;
    case Level::kPools:
      if (seen != nullptr) add_pools(*seen, made);
      break;
    case Level::kHolders:
      if (seen != nullptr) add_holders(*seen, *place.pool, nullptr, made);
      break;
    case Level::kProcesses:
      if (seen == nullptr) break;
      if (place.pool) {
        add_holders(*seen, *place.pool, &*place.holder, made);
      } else {
        add_summary(*seen, &*place.holder, made);
      }
      break;
    case Level::kInstances:
      if (data.instances && data.instances->pid == place.pid) add_instances(*data.instances, made);
      break;
    case Level::kWatches:
      if (data.watches && data.watches->pid == place.pid && data.watches->fd == place.fd) {
        add_watches(*data.watches, made);
      }
      break;
  }
  if (place.level == Level::kOverview || place.level == Level::kPools) {
    std::erase_if(made.items, [&](const Item& item) {
      return place.level == Level::kPools &&
             !is_asked_for(state, seen->view.audit.pools[item.source].row.resource);
    });
  }
  filter_items(made, place.filter);
  sort_items(made, place, usual_order(place.level));
  select(made, state, data);
  return made;
}

std::string key_at(const Scene& scene, const Data& data, const State& state, std::size_t index) {
  if (index >= scene.bars.size()) return scene.items[index - scene.bars.size()].key;
  const Seen* const seen = data.of(by_of(state));
  return "pool " + pool_text(name_of(seen->view.audit.pools[scene.bars[index]]));
}

bool matches(const Item& item, std::string_view text) {
  const std::string wanted = lower(text);
  return std::ranges::any_of(item.cells, [&](const Cell& cell) {
    return lower(cell.text).find(wanted) != std::string::npos;
  });
}

const report::AuditPool* find_pool(const Seen& seen, const PoolName& name) {
  for (const report::AuditPool& pool : seen.view.audit.pools) {
    if (name_of(pool) == name) return &pool;
  }
  return nullptr;
}

const report::TopPool* find_top_pool(const Seen& seen, const PoolName& name) {
  for (const report::TopPool& pool : seen.view.top.pools) {
    if (PoolName{pool.resource, pool.userns, pool.uid} == name) return &pool;
  }
  return nullptr;
}

PoolName name_of(const report::AuditPool& pool) {
  return {pool.row.resource, pool.row.userns, pool.row.uid};
}

std::string pool_text(const PoolName& name) {
  std::string text(catalogue::resource(name.resource).name);
  if (!name.uid.empty()) {
    text += ' ' + text::printable(report::scope_text(name.resource, name.userns, name.uid));
  }
  return text;
}

}  // namespace kcommons::terminal
