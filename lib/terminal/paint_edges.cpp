#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"
#include "report/top_words.hpp"
#include "terminal/cells.hpp"
#include "terminal/parts.hpp"

namespace kcommons::terminal {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

// From here on a wait is worth a word.
constexpr milliseconds kPatience{1000};

std::string seconds_text(milliseconds time) {
  return fmt::format("{} s", std::chrono::duration<double>(time).count());
}

std::string age_text(SteadyTime now, SteadyTime then) {
  return fmt::format("{} s", duration_cast<seconds>(std::max(now - then, {})).count());
}

// "inotify_watches uid 0 > shop-web-1 > 4711 nginx > fd 5"
std::string trail(const State& state) {
  std::string text;
  const auto add = [&](const std::string& step) { text += (text.empty() ? "" : " > ") + step; };
  for (const Place& place : state.places) {
    switch (place.level) {
      case Level::kOverview:
        break;
      case Level::kPools:
        add("every pool");
        break;
      case Level::kHolders:
        add(pool_text(*place.pool));
        break;
      case Level::kProcesses:
        add(text::printable(place.holder->name));
        break;
      case Level::kInstances:
        add(fmt::format("{} {}", place.pid.value(), place.command));
        break;
      case Level::kWatches:
        add(fmt::format("fd {}", place.fd));
        break;
    }
  }
  return text.empty() ? fmt::format("by {}", report::name_of(state.by)) : text;
}

std::string clock_text(const State& state, const Data& data) {
  std::string text;
  const auto add = [&](const std::string& word) { text += (text.empty() ? "" : "  ") + word; };
  const auto by = by_of(state);
  const Seen* const seen = data.of(by);
  const bool waits = data.asked_at && data.now - *data.asked_at >= kPatience;
  if (state.paused) add("PAUSED");
  if (waits) add("waiting " + age_text(data.now, *data.asked_at));
  const Level level = state.place().level;
  if (level == Level::kInstances || level == Level::kWatches) {
    if (!waits) add("read once: r reads again");
    return text;
  }
  if (seen == nullptr) return text;
  const SteadyTime at = data.seen_at[static_cast<std::size_t>(by)];
  if (state.paused || waits || data.now - at > 2 * state.interval + kPatience) {
    add(age_text(data.now, at) + " old");
  } else {
    add("every " + seconds_text(state.interval));
  }
  add(fmt::format("{:%H:%M:%S} UTC",
                  fmt::gmtime(std::chrono::system_clock::to_time_t(seen->view.audit.taken_at))));
  return text;
}

// What there are so many of.
std::string_view thing_of(const State& state, std::size_t count) {
  const auto form = [count](std::string_view one, std::string_view many) {
    return count == 1 ? one : many;
  };
  switch (state.place().level) {
    case Level::kPools:
      return form("pool", "pools");
    case Level::kInstances:
      return form("inotify instance", "inotify instances");
    case Level::kWatches:
      return form("watch", "watches");
    default:
      break;
  }
  switch (by_of(state)) {
    case attribution::By::kContainer:
      return form("container or host group", "containers and host groups");
    case attribution::By::kUid:
      return form("user", "users");
    case attribution::By::kUnit:
      return form("unit", "units");
    case attribution::By::kProcess:
      return form("process", "processes");
    case attribution::By::kPod:
      return form("pod or other", "pods and others");
  }
  return "";
}

Line keys(std::size_t columns) {
  struct Row {
    std::string_view key;
    std::string_view label;
    int rank;  // the lowest stay longest
  };
  constexpr std::array<Row, 10> kRows{{{"F1", "Help", 1},
                                       {"F2", "By", 4},
                                       {"F3", "Search", 5},
                                       {"F4", "Filter", 3},
                                       {"F5", "Pools", 6},
                                       {"F6", "Sort", 7},
                                       {"p", "Pause", 8},
                                       {"Enter", "Down", 2},
                                       {"Esc", "Back", 2},
                                       {"F10", "Quit", 0}}};
  int most = 8;
  const auto width = [&] {
    std::size_t sum = 0;
    for (const Row& row : kRows) {
      if (row.rank <= most) sum += row.key.size() + row.label.size() + 1;
    }
    return sum;
  };
  while (most >= 0 && width() > columns) --most;
  Line line;
  for (const Row& row : kRows) {
    if (row.rank > most) continue;
    line.push_back({std::string(row.key), Role::kKey});
    line.push_back({std::string(row.label) + ' ', Role::kLabel});
  }
  return line;
}

}  // namespace

// The left gives way to the right, which tells whether the numbers can be believed; of whom they
// are is said where there is room.
Line title(const State& state, const Data& data) {
  constexpr std::string_view kName = "kcommons top  ";
  constexpr std::size_t kGap = 2;
  const std::size_t columns = state.size.columns;
  const std::string way = trail(state);
  const Seen* const seen = data.of(by_of(state));
  std::string right = cut_end(clock_text(state, data), columns);
  if (seen != nullptr) {
    const std::string full = text::printable(seen->view.source) + "  " + right;
    if (columns_of(way) + kGap + columns_of(full) <= columns) right = full;
  }
  const std::size_t taken = columns_of(right);
  const std::size_t room = columns > taken + kGap ? columns - taken - kGap : 0;
  Line line;
  if (kName.size() + columns_of(way) <= room) line.push_back({std::string(kName), Role::kDim});
  line.push_back({cut_middle(way, room - columns_of(line)), Role::kStrong});
  line.push_back({std::string(columns - columns_of(line) - taken, ' ')});
  line.push_back({right, Role::kDim});
  return line;
}

std::string status(const State& state, const Scene& scene, const Table& table) {
  const Place& place = state.place();
  if (!scene.is_known) return {};
  std::string text = fmt::format("{} {}", scene.items.size(), thing_of(state, scene.items.size()));
  if (!place.filter.empty()) {
    text = fmt::format(
        "{} of {} {} with \"{}\"", scene.items.size(), scene.items.size() + scene.hidden,
        thing_of(state, scene.items.size() + scene.hidden), text::printable(place.filter));
  }
  if (!scene.columns.empty()) {
    const Column& column = scene.columns[scene.sorted_by];
    text += fmt::format(", by {}", column.heading);
    if (place.inverted) text += " inverted";
  }
  const std::size_t numbers = scene.columns.size() - scene.names;
  if (table.shown_columns < numbers) {
    text += fmt::format(", columns {} to {} of {} (left, right)", table.first_column + 1,
                        table.first_column + table.shown_columns, numbers);
  }
  return text;
}

Line last_line(const State& state, std::optional<std::size_t>& cursor) {
  if (state.prompt == Prompt::kNone) return keys(state.size.columns);
  std::string_view label = "Filter: ";
  if (state.prompt == Prompt::kSearch) label = "Search: ";
  if (state.prompt == Prompt::kInterval) label = "Refresh every (seconds): ";
  std::string text = text::printable(state.input);
  const std::size_t room =
      state.size.columns > label.size() + 1 ? state.size.columns - label.size() - 1 : 0;
  text = cut_middle(text, room);
  cursor = std::min(label.size() + columns_of(text), state.size.columns - 1);
  return {{cut_end(label, state.size.columns), Role::kStrong}, {text}};
}

}  // namespace kcommons::terminal
