#include "incidents/tracker.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace kcommons::incidents {

namespace {

using attribution::CurrentPool;
using attribution::Pool;
using attribution::PoolKey;
using attribution::Snapshot;

PoolKey key_of(const CurrentPool& pool) {
  return {.resource = pool.resource, .userns = pool.userns, .uid = pool.uid};
}

PoolKey key_of(const Incident& incident) {
  return {.resource = incident.resource, .userns = incident.userns, .uid = incident.uid};
}

const Pool* find_pool(const Snapshot* snapshot, const PoolKey& key) {
  if (snapshot == nullptr) return nullptr;
  const auto at = std::ranges::find_if(snapshot->pools, [&key](const Pool& pool) {
    return pool.resource == key.resource && pool.userns == key.userns && pool.uid == key.uid;
  });
  return at == snapshot->pools.end() ? nullptr : &*at;
}

bool has_incidents(const CurrentPool& pool) {
  return pool.resource != catalogue::ResourceId::kPacketBacklog && pool.uid != attribution::kOther;
}

// Of a pool that is in no reading. Users and objects have one as long as there is something in it;
// what the machine has does not go away by being used less.
CurrentPool missing(const PoolKey& key, const Snapshot* snapshot) {
  CurrentPool pool{.resource = key.resource, .userns = key.userns, .uid = key.uid};
  const bool is_of_host = catalogue::resource(key.resource).scope == catalogue::Scope::kHost;
  if (!is_of_host && snapshot != nullptr) pool.used = 0;
  return pool;
}

Event event_of(Event::Kind kind, const Incident& incident) {
  return {.kind = kind, .incident = std::make_shared<const Incident>(incident)};
}

std::chrono::seconds whole_seconds(SteadyTime::duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration);
}

// It was raised, or is none any more; else less is used.
EndedBy reason_of(const CurrentPool& pool, const Incident& incident) {
  if (!pool.limit || !pool.used || *pool.used == 0) return EndedBy::kUse;
  return !pool.limit->value || *pool.limit->value > incident.limit ? EndedBy::kLimit
                                                                   : EndedBy::kUse;
}

}  // namespace

Tracker::Level Tracker::level_of(const CurrentPool& pool) const {
  if (!pool.used) return Level::kUnknown;
  // Whoever has set a limit of 0, so that there is none, wants it so.
  if (*pool.used == 0) return Level::kCalm;
  if (!pool.limit) return Level::kUnknown;
  const auto ratio = attribution::fullness(*pool.used, pool.limit);
  if (!ratio || *ratio < options_.clear) return Level::kCalm;
  return *ratio >= options_.threshold ? Level::kOver : Level::kBetween;
}

bool Tracker::adopt(const Incident& incident, Now now) {
  Track track{.incident = incident, .began = now.steady, .adopted = true};
  if (now.wall > incident.began_at) track.began -= now.wall - incident.began_at;
  return tracks_.emplace(key_of(incident), std::move(track)).second;
}

void Tracker::note(Track& track, const CurrentPool& pool, Now now, Events& events) {
  Incident& incident = track.incident;
  incident.used = *pool.used;
  incident.limit = pool.limit && pool.limit->value ? *pool.limit->value : incident.limit;
  incident.peak = std::max(incident.peak, incident.used);
  if (incident.full_at || incident.used < incident.limit) return;
  incident.full_at = now.wall;
  track.told = false;
  events.push_back(event_of(Event::Kind::kFilled, incident));
}

void Tracker::begin(const PoolKey& key, const CurrentPool& pool, const Snapshot* snapshot,
                    const GrowthOf& growth_of, Now now, Events& events) {
  if (tracks_.size() >= options_.most_open) {
    full_ = true;
    return;
  }
  Incident incident{.id = next_id_++,
                    .resource = key.resource,
                    .userns = key.userns,
                    .uid = key.uid,
                    .began_at = now.wall,
                    .used = *pool.used,
                    .peak = *pool.used,
                    .limit = *pool.limit->value,
                    .growth = growth_of(key),
                    .boot_id = options_.boot_id};
  incident.full_in = attribution::time_to_full(incident.used, pool.limit, incident.growth);
  if (incident.used >= incident.limit) incident.full_at = now.wall;
  if (const Pool* const held = find_pool(snapshot, key)) {
    incident.census =
        std::make_shared<const CensusView>(view_of(*snapshot, *held, options_.holders));
  }
  events.push_back(event_of(Event::Kind::kBegan, incident));
  tracks_.emplace(key, Track{.incident = std::move(incident), .began = now.steady});
}

void Tracker::end(Track& track, const Since& since, Events& events) {
  Incident& incident = track.incident;
  incident.state = State::kEnded;
  incident.ended_at = since.at.wall;
  incident.ended_by = since.by;
  incident.lasted = whole_seconds(since.at.steady - track.began);
  events.push_back(event_of(Event::Kind::kEnded, incident));
}

// One that was adopted is looked at for the first time.
bool Tracker::take_up(Track& track, Level level, Now now, Events& events) const {
  Incident& incident = track.incident;
  const bool same_boot = !options_.boot_id.empty() && incident.boot_id == options_.boot_id;
  if (same_boot && level == Level::kUnknown) {
    if (!track.unread) track.unread = Since{.at = now};
    if (now.steady - track.unread->at.steady < options_.patience) return true;
  }
  if (!same_boot || level == Level::kUnknown || level == Level::kCalm) {
    incident.state = State::kInterrupted;
    events.push_back(event_of(Event::Kind::kInterrupted, incident));
    return false;
  }
  track.adopted = false;
  track.unread.reset();
  ++incident.interruptions;
  events.push_back(event_of(Event::Kind::kResumed, incident));
  return true;
}

bool Tracker::go_on(Track& track, const CurrentPool& pool, Level level, Now now,
                    Events& events) const {
  Incident& incident = track.incident;
  if (track.adopted && !take_up(track, level, now, events)) return false;
  if (track.adopted) return true;
  if (level == Level::kUnknown) {
    if (!track.unread) track.unread = Since{.at = now, .by = EndedBy::kGone};
    if (now.steady - track.unread->at.steady < options_.patience) return true;
    end(track, track.calm.value_or(*track.unread), events);
    return false;
  }
  track.unread.reset();
  if (level == Level::kOver && track.calm) {
    track.calm.reset();
    ++incident.crossings;
  }
  if (level == Level::kCalm && !track.calm) {
    track.calm = Since{.at = now, .by = reason_of(pool, incident)};
    incident.used = *pool.used;
  }
  if (!track.calm) {
    note(track, pool, now, events);
    incident.lasted = whole_seconds(now.steady - track.began);
    return true;
  }
  if (now.steady - track.calm->at.steady < options_.clear_after) return true;
  end(track, *track.calm, events);
  return false;
}

Events Tracker::look(const std::vector<CurrentPool>& pools, const Snapshot* snapshot,
                     const GrowthOf& growth_of, Now now) {
  Events events;
  full_ = false;
  std::map<PoolKey, const CurrentPool*> present;
  for (const CurrentPool& pool : pools) {
    if (!has_incidents(pool)) continue;
    const Level level = level_of(pool);
    if (level != Level::kOver && tracks_.empty()) continue;
    const PoolKey key = key_of(pool);
    if (tracks_.contains(key)) {
      present.emplace(key, &pool);
    } else if (level == Level::kOver) {
      begin(key, pool, snapshot, growth_of, now, events);
      present.emplace(key, &pool);
    }
  }
  for (auto at = tracks_.begin(); at != tracks_.end();) {
    auto& [key, track] = *at;
    const auto found = present.find(key);
    const CurrentPool pool = found == present.end() ? missing(key, snapshot) : *found->second;
    at = go_on(track, pool, level_of(pool), now, events) ? std::next(at) : tracks_.erase(at);
  }
  return events;
}

Events Tracker::census(const Snapshot& snapshot) {
  Events events;
  for (auto& [key, track] : tracks_) {
    const Pool* const pool = find_pool(&snapshot, key);
    if (track.adopted || pool == nullptr) continue;
    Incident& incident = track.incident;
    // One that is about to end has been told by those who held it when it was full.
    if (track.calm && incident.census) continue;
    const bool is_fuller =
        !incident.census || pool->used_at_census.value_or(0) >= incident.census->used.value_or(0);
    if (track.told && !is_fuller) continue;
    incident.census =
        std::make_shared<const CensusView>(view_of(snapshot, *pool, options_.holders));
    if (std::exchange(track.told, true)) continue;
    events.push_back(event_of(Event::Kind::kTold, incident));
  }
  return events;
}

Incidents Tracker::open() const {
  Incidents incidents;
  incidents.reserve(tracks_.size());
  for (const auto& [key, track] : tracks_) {
    incidents.push_back(std::make_shared<const Incident>(track.incident));
  }
  return incidents;
}

}  // namespace kcommons::incidents
