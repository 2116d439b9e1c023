#include "incidents/incident.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "attribution/holder_name.hpp"
#include "base/text.hpp"

namespace kcommons::incidents {

namespace {

using attribution::Holder;

// More would be read by nobody, and their number is told.
constexpr std::size_t kMostNeighbours = 32;

// A name of DNS has 253 bytes, and no id of a container is longer.
std::string bounded(std::string_view raw) {
  constexpr std::size_t kMost = 256;
  return text::valid_utf8(text::printable(raw.substr(0, kMost)), kMost);
}

IncidentHolder holder_of(const attribution::Snapshot& snapshot, const attribution::Pool& pool,
                         const attribution::Holding& holding) {
  const Holder& holder = snapshot.holders[holding.holder];
  IncidentHolder out{.name = bounded(attribution::holder_name(holder)),
                     .is_container = attribution::is_container(holder),
                     .unit = bounded(holder.unit),
                     .container_id = bounded(holder.container_id),
                     .runtime = bounded(holder.runtime),
                     .container = bounded(holder.container),
                     .pod = bounded(holder.pod),
                     .pod_namespace = bounded(holder.pod_namespace),
                     .by_runtime = holding.role == cgroup::Role::kRuntime,
                     .used = holding.used};
  if (pool.used_at_census.value_or(0) > 0) {
    out.share = static_cast<double>(holding.used) / static_cast<double>(*pool.used_at_census);
  }
  return out;
}

void add_neighbours(const attribution::Snapshot& snapshot, const attribution::Pool& pool,
                    CensusView& view) {
  for (const auto kind : {Holder::Kind::kContainer, Holder::Kind::kHost}) {
    for (const std::uint32_t index : pool.neighbours) {
      const Holder& holder = snapshot.holders[index];
      if (holder.kind != kind) continue;
      if (view.neighbours.size() == kMostNeighbours) return;
      view.neighbours.push_back(bounded(attribution::holder_name(holder)));
    }
  }
}

}  // namespace

std::string_view name_of(State state) {
  switch (state) {
    case State::kOpen:
      return "open";
    case State::kEnded:
      return "ended";
    case State::kInterrupted:
      break;
  }
  return "interrupted";
}

std::string_view name_of(EndedBy reason) {
  switch (reason) {
    case EndedBy::kUse:
      return "use";
    case EndedBy::kLimit:
      return "limit";
    case EndedBy::kGone:
      break;
  }
  return "gone";
}

CensusView view_of(const attribution::Snapshot& snapshot, const attribution::Pool& pool,
                   std::size_t holders) {
  CensusView view{.taken_at = snapshot.taken_at,
                  .exact = snapshot.exact,
                  .used = pool.used_at_census,
                  .container_neighbours = pool.container_neighbours,
                  .host_neighbours = pool.host_neighbours};
  for (const attribution::Holding& holding : pool.holdings) {
    if (view.holders.size() < holders) {
      view.holders.push_back(holder_of(snapshot, pool, holding));
    } else {
      ++view.more_holders;
      view.more_used += holding.used;
    }
  }
  add_neighbours(snapshot, pool, view);
  return view;
}

Incidents newest_states(Incidents written) {
  std::map<std::uint64_t, std::shared_ptr<const Incident>, std::greater<>> newest;
  for (auto& incident : written) {
    const std::uint64_t id = incident->id;
    newest.insert_or_assign(id, std::move(incident));
  }
  Incidents incidents;
  incidents.reserve(newest.size());
  for (auto& [id, incident] : newest) incidents.push_back(std::move(incident));
  return incidents;
}

}  // namespace kcommons::incidents
