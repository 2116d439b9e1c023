#include "report/incident_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include "report/format.hpp"
#include "report/growth_text.hpp"
#include "report/json.hpp"
#include "report/pool_rows.hpp"

namespace kcommons::report {

namespace {

using incidents::CensusView;
using incidents::EndedBy;
using incidents::Incident;
using incidents::IncidentHolder;
using incidents::State;

constexpr std::size_t kMostHolders = 5;
constexpr std::size_t kMostNames = 8;
const std::vector<Table::Column> kColumns{{"BEGAN (UTC)"}, {"STATE"},     {"LASTED"},
                                          {"RESOURCE"},    {"SCOPE"},     {"PEAK", true},
                                          {"LIMIT", true}, {"TOP HOLDER"}};

// "2026-11-27 10:11:12": of the time in JSON, without what is below a second.
std::string short_time(WallTime time) {
  constexpr std::size_t kSecondsEnd = 19;
  std::string text = time_text(time).substr(0, kSecondsEnd);
  std::ranges::replace(text, 'T', ' ');
  return text;
}

std::string holder_text(const IncidentHolder& holder) {
  const std::string share = holder.share ? ", " + percent_text(holder.share) : "";
  return fmt::format("{} ({}{})", holder.name, holder.used, share);
}

std::optional<double> peak_ratio(const Incident& incident) {
  return attribution::fullness(incident.peak, catalogue::Limit{.value = incident.limit});
}

std::vector<Cell> cells_of(const Incident& incident) {
  const bool is_told = incident.census && !incident.census->holders.empty();
  const auto ratio = peak_ratio(incident);
  return {
      {.text = short_time(incident.began_at)},
      {.text = std::string(name_of(incident.state)),
       .shade = incident.state == State::kOpen ? Shade::kFull : Shade::kPlain},
      {.text = duration_text(incident.lasted)},
      {.text = std::string(catalogue::resource(incident.resource).name)},
      {.text = scope_text(incident.resource, incident.userns, incident.uid)},
      {.text = fmt::format("{}", incident.peak), .shade = ratio ? shade_of(*ratio) : Shade::kPlain},
      {.text = fmt::format("{}", incident.limit)},
      {.text = is_told ? holder_text(incident.census->holders.front()) : "-"}};
}

std::string labelled(std::string_view label, std::string_view text) {
  constexpr std::size_t kIndent = 11;
  return fmt::format("  {:<{}}{}\n", label, kIndent - 2, wrapped(text, kIndent, kIndent));
}

std::string end_text(const Incident& incident) {
  if (incident.state == State::kOpen) return ", and is not over";
  if (!incident.ended_at) return ", and was open when kcommons stopped";
  std::string text = fmt::format(", ended {}", short_time(*incident.ended_at));
  if (incident.ended_by == EndedBy::kLimit) text += " by a higher limit";
  if (incident.ended_by == EndedBy::kGone) text += " when it could be read no more";
  return text;
}

std::string course_text(const Incident& incident) {
  std::string text = fmt::format("began {}", short_time(incident.began_at));
  if (incident.full_at) text += fmt::format(", was full {}", short_time(*incident.full_at));
  if (incident.crossings == 2) text += ", came back once";
  if (incident.crossings > 2) text += fmt::format(", came back {} times", incident.crossings - 1);
  return text + end_text(incident);
}

std::string holders_text(const CensusView& census) {
  std::string text;
  for (std::size_t i = 0; i < census.holders.size() && i < kMostHolders; ++i) {
    text += (i == 0 ? "" : ", ") + holder_text(census.holders[i]);
  }
  std::uint64_t more = census.more_holders;
  if (census.holders.size() > kMostHolders) more += census.holders.size() - kMostHolders;
  if (text.empty()) return more > 0 ? fmt::format("{} of them", more) : "nobody who is known";
  return more > 0 ? fmt::format("{} and {} more", text, more) : text;
}

std::string neighbours_text(const CensusView& census) {
  const std::uint64_t all = census.container_neighbours + census.host_neighbours;
  std::string text;
  std::uint64_t shown = 0;
  for (; shown < census.neighbours.size() && shown < kMostNames; ++shown) {
    text += (shown == 0 ? "" : ", ") + census.neighbours[shown];
  }
  if (text.empty())
    return all > 0 ? fmt::format("{} of them", all) : "nobody who is held to the limit";
  return all > shown ? fmt::format("{} and {} more", text, all - shown) : text;
}

std::string seen_text(const Incident& incident) {
  std::string text = fmt::format("at the census of {}", short_time(incident.census->taken_at));
  if (incident.census->taken_at >= incident.began_at) return text;
  const auto before =
      std::chrono::ceil<std::chrono::seconds>(incident.began_at - incident.census->taken_at);
  return text + fmt::format(", {} before it began", duration_text(before));
}

std::string incident_text(const Incident& incident) {
  const catalogue::Resource& row = catalogue::resource(incident.resource);
  std::string text = fmt::format("{} of {}: {} of {} used at most ({})\n", row.name,
                                 scope_text(incident.resource, incident.userns, incident.uid),
                                 incident.peak, incident.limit, percent_text(peak_ratio(incident)));
  text += "  " + wrapped(course_text(incident), 4, 2) + '\n';
  if (incident.full_in && incident.growth) {
    text += "  " +
            wrapped(full_in_text(*incident.full_in, *incident.growth) + " when it began", 4, 2) +
            '\n';
  }
  if (incident.census) {
    text += labelled("Holders", holders_text(*incident.census));
    text += labelled("Victims", neighbours_text(*incident.census));
    text += labelled("Seen", seen_text(incident));
  } else {
    text += labelled("Holders", "not known, there was no census");
  }
  return text + labelled("Error", fmt::format("{}: {}", row.error, row.symptom));
}

}  // namespace

std::string incidents_text(const incidents::Incidents& incidents, std::size_t in_full,
                           const Paper& paper) {
  Table table(kColumns);
  for (const auto& incident : incidents) table.add(cells_of(*incident));
  std::string text = table.text(paper);
  for (std::size_t i = 0; i < incidents.size() && i < in_full; ++i) {
    text += '\n' + incident_text(*incidents[i]);
  }
  return text;
}

}  // namespace kcommons::report
