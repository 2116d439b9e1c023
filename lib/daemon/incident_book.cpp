#include "daemon/incident_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "report/incident_json.hpp"
#include "report/incident_parse.hpp"
#include "report/pool_rows.hpp"

namespace kcommons::daemon {

namespace {

using incidents::CensusView;
using incidents::Event;
using incidents::Incident;
using incidents::State;

std::string number(std::uint64_t value) {
  return fmt::format("{}", value);
}

std::string holders_text(const std::shared_ptr<const CensusView>& census) {
  constexpr std::size_t kMost = 3;
  if (!census || census->holders.empty()) return "not known";
  std::string text;
  for (std::size_t i = 0; i < census->holders.size() && i < kMost; ++i) {
    const incidents::IncidentHolder& holder = census->holders[i];
    text += fmt::format("{}{} ({}, {})", i == 0 ? "" : ", ", holder.name, holder.used,
                        report::percent_text(holder.share));
  }
  return text;
}

std::string neighbours_text(const std::shared_ptr<const CensusView>& census) {
  return census ? number(census->container_neighbours + census->host_neighbours) : "not known";
}

std::string age_text(const Incident& incident) {
  if (!incident.census) return "not known";
  const auto age = incident.began_at - incident.census->taken_at;
  return number(static_cast<std::uint64_t>(
      std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::seconds>(age).count(), 0)));
}

std::string ratio_text(std::uint64_t used, std::uint64_t limit) {
  return report::percent_text(attribution::fullness(used, catalogue::Limit{.value = limit}));
}

std::string full_in_text(const Incident& incident) {
  return incident.full_in ? fmt::format("{}", incident.full_in->count()) : "not known";
}

}  // namespace

std::string incident_file_of(const config::Config& config) {
  if (!config.incidents.file.empty()) return config.incidents.file;
  const char* const folders = std::getenv("STATE_DIRECTORY");
  if (folders == nullptr || *folders == '\0') return {};
  // Several are parted by colons.
  const std::string_view first = folders;
  return fmt::format("{}/incidents.jsonl", first.substr(0, first.find(':')));
}

std::optional<incidents::RingFile> open_incident_file(const config::Config& config, Log& log) {
  const std::string path = incident_file_of(config);
  if (path.empty()) return std::nullopt;
  auto file = incidents::RingFile::open(path, config.incidents.keep);
  if (!file) {
    log.warn("incidents are kept in memory alone", {{"reason", file.error().message()}});
    return std::nullopt;
  }
  log.info("incidents are kept in a file",
           {{"file", path}, {"records", number(file->found().records.size())}});
  if (file->damaged() > 0) {
    log.warn("some incidents could not be read, they are left out",
             {{"file", path}, {"damaged", number(file->damaged())}});
  }
  return std::move(*file);
}

IncidentBook::IncidentBook(Options options, std::optional<incidents::RingFile> file,
                           exposition::SelfMetrics& self, Log& log, const Clock& clock)
    : keep_(options.keep),
      file_(std::move(file)),
      self_(self),
      log_(log),
      troubles_(log),
      clock_(clock) {
  Loaded loaded = load();
  tracker_.emplace(std::move(options.tracker), loaded.next_id);
  for (const auto& incident : loaded.incidents) {
    put(incident);
    if (incident->state != State::kOpen) continue;
    if (tracker_->adopt(*incident, {.steady = clock_.steady(), .wall = clock_.wall()})) continue;
    // A newer one of the same pool is open: nobody has seen this one end.
    auto lost = *incident;
    lost.state = State::kInterrupted;
    put(std::make_shared<const Incident>(std::move(lost)));
  }
  self_.set_open_incidents(tracker_->open().size());
}

IncidentBook::Loaded IncidentBook::load() {
  Loaded loaded;
  if (!file_) return loaded;
  const incidents::RingContent& found = file_->found();
  slots_.emplace(found.slots);
  std::size_t unreadable = 0;
  for (const incidents::RingRecord& record : found.records) {
    next_sequence_ = record.sequence + 1;
    const auto incident = report::parse_incident_line(record.object);
    if (!incident) {
      ++unreadable;
      continue;
    }
    slots_->put(record.slot, record.sequence, incident->id, incident->state == State::kOpen);
    loaded.next_id = std::max(loaded.next_id, incident->id + 1);
    loaded.incidents.push_back(std::make_shared<const Incident>(*incident));
  }
  loaded.incidents = incidents::newest_states(std::move(loaded.incidents));
  if (unreadable > 0) {
    log_.warn("some incidents are not of this version, they are left out",
              {{"file", file_->path()}, {"records", number(unreadable)}});
  }
  return loaded;
}

void IncidentBook::on_pools(const std::vector<attribution::CurrentPool>& pools,
                            const attribution::Snapshot* snapshot,
                            const attribution::PoolHistory& history) {
  const incidents::Tracker::Now now{.steady = clock_.steady(), .wall = clock_.wall()};
  const auto growth_of = [&](const attribution::PoolKey& key) {
    return history.growth(key, now.steady);
  };
  take(tracker_->look(pools, snapshot, growth_of, now));
  const incidents::Incidents open = tracker_->open();
  for (const auto& incident : open) put(incident);
  self_.set_open_incidents(open.size());
  troubles_.report("more pools are nearly full than incidents can be open, the others have none",
                   tracker_->is_full() ? fmt::format("{} are open", open.size()) : std::string());
}

void IncidentBook::on_census(const attribution::Snapshot& snapshot) {
  take(tracker_->census(snapshot));
}

incidents::Incidents IncidentBook::list() const {
  const std::lock_guard lock(mutex_);
  return {kept_.begin(), kept_.end()};
}

void IncidentBook::take(const incidents::Events& events) {
  for (const Event& event : events) {
    if (event.kind == Event::Kind::kBegan) {
      self_.count_incident(catalogue::resource(event.incident->resource).name);
    }
    // The file first: a log that nobody takes off us holds us up for a moment.
    write(*event.incident);
    put(event.incident);
    say(event);
  }
}

void IncidentBook::write(const Incident& incident) {
  if (!file_) return;
  const std::size_t slot = slots_->choose(incident.id);
  const auto done = file_->write(slot, next_sequence_,
                                 report::incident_line(incident, incidents::kMostRecordBytes));
  troubles_.report("an incident could not be written, it is kept in memory alone",
                   done ? std::string() : done.error().message());
  if (!done) return;
  slots_->put(slot, next_sequence_, incident.id, incident.state == State::kOpen);
  ++next_sequence_;
}

void IncidentBook::put(const std::shared_ptr<const Incident>& incident) {
  const std::lock_guard lock(mutex_);
  const auto at =
      std::ranges::find_if(kept_, [&](const auto& other) { return other->id <= incident->id; });
  if (at != kept_.end() && (*at)->id == incident->id) {
    *at = incident;
    return;
  }
  kept_.insert(at, incident);
  if (kept_.size() <= keep_) return;
  // The oldest that is over; one that is open is wanted again when it ends.
  const auto oldest = std::find_if(kept_.rbegin(), kept_.rend(),
                                   [](const auto& other) { return other->state != State::kOpen; });
  if (oldest != kept_.rend()) kept_.erase(std::next(oldest).base());
}

void IncidentBook::say(const Event& event) {
  const Incident& incident = *event.incident;
  const LogField id{"id", number(incident.id)};
  const LogField resource{"resource", std::string(catalogue::resource(incident.resource).name)};
  const LogField userns{"userns", incident.userns};
  const LogField uid{"uid", incident.uid};
  const LogField used{"used", number(incident.used)};
  const LogField limit{"limit", number(incident.limit)};
  const LogField peak{"peak", number(incident.peak)};
  const LogField holders{"holders", holders_text(incident.census)};
  const LogField neighbours{"neighbours", neighbours_text(incident.census)};
  switch (event.kind) {
    case Event::Kind::kBegan:
      log_.warn("incident begins, a pool is nearly full",
                {id,
                 resource,
                 userns,
                 uid,
                 used,
                 limit,
                 {"use", ratio_text(incident.used, incident.limit)},
                 holders,
                 {"holders_age_seconds", age_text(incident)},
                 neighbours,
                 {"full_in_seconds", full_in_text(incident)},
                 {"error", std::string(catalogue::resource(incident.resource).error)}});
      break;
    case Event::Kind::kFilled:
      log_.warn("incident goes on, the pool is full", {id, resource, userns, uid, used, limit});
      break;
    case Event::Kind::kTold:
      log_.info("incident goes on, a census tells who holds the pool",
                {id, resource, userns, uid, used, limit, holders, neighbours});
      break;
    case Event::Kind::kResumed:
      log_.info("incident goes on, it was open when kcommons stopped",
                {id, resource, userns, uid, used, limit, holders});
      break;
    case Event::Kind::kEnded:
      log_.info(
          "incident ended",
          {id,
           resource,
           userns,
           uid,
           used,
           limit,
           peak,
           {"seconds", fmt::format("{}", incident.lasted.count())},
           {"ended_by", std::string(name_of(incident.ended_by.value_or(incidents::EndedBy::kUse)))},
           {"crossings", number(incident.crossings)},
           holders});
      break;
    case Event::Kind::kInterrupted:
      log_.info("incident ended while kcommons did not run",
                {id, resource, userns, uid, limit, peak});
      break;
  }
}

}  // namespace kcommons::daemon
