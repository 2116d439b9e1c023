#include "terminal/paint.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "report/top_words.hpp"
#include "terminal/cells.hpp"
#include "terminal/parts.hpp"
#include "terminal/scene.hpp"

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

// --- the lines around -------------------------------------------------------------------------

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
        add(harmless(place.holder->name));
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

// The left gives way to the right, which tells whether the numbers can be believed.
Line title(const State& state, const Data& data) {
  const std::size_t columns = state.size.columns;
  const std::string right = cut_end(clock_text(state, data), columns);
  const std::size_t taken = columns_of(right);
  const std::size_t room = columns > taken + 2 ? columns - taken - 2 : 0;
  constexpr std::string_view kName = "kcommons top  ";
  const bool named = room > 2 * kName.size();
  const std::string left = cut_middle(trail(state), named ? room - kName.size() : room);
  Line line;
  if (named) line.push_back({std::string(kName), Role::kDim});
  line.push_back({left, Role::kStrong});
  line.push_back({std::string(columns - columns_of(line) - taken, ' ')});
  line.push_back({right, Role::kDim});
  return line;
}

std::string_view thing_of(const State& state) {
  switch (state.place().level) {
    case Level::kPools:
      return "pools";
    case Level::kInstances:
      return "inotify instances";
    case Level::kWatches:
      return "watches";
    default:
      break;
  }
  switch (by_of(state)) {
    case attribution::By::kContainer:
      return "containers and host groups";
    case attribution::By::kUid:
      return "users";
    case attribution::By::kUnit:
      return "units";
    case attribution::By::kProcess:
      return "processes";
    case attribution::By::kPod:
      return "pods and others";
  }
  return "";
}

std::string status(const State& state, const Scene& scene, const Table& table) {
  const Place& place = state.place();
  std::string text = fmt::format("{} {}", scene.items.size(), thing_of(state));
  if (!place.filter.empty()) {
    text = fmt::format("{} of {} {} with \"{}\"", scene.items.size(),
                       scene.items.size() + scene.hidden, thing_of(state), harmless(place.filter));
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

Line last_line(const State& state, std::optional<std::size_t>& cursor) {
  if (state.prompt == Prompt::kNone) return keys(state.size.columns);
  std::string_view label = "Filter: ";
  if (state.prompt == Prompt::kSearch) label = "Search: ";
  if (state.prompt == Prompt::kInterval) label = "Refresh every (seconds): ";
  std::string text = harmless(state.input);
  const std::size_t room =
      state.size.columns > label.size() + 1 ? state.size.columns - label.size() - 1 : 0;
  text = cut_middle(text, room);
  cursor = std::min(label.size() + columns_of(text), state.size.columns - 1);
  return {{cut_end(label, state.size.columns), Role::kStrong}, {text}};
}

// --- what is in between -----------------------------------------------------------------------

std::string nothing_text(const State& state, const Data& data, const Scene& scene) {
  if (!scene.is_known) {
    return data.error.empty() ? "waiting for the first look ..." : "nothing was seen yet";
  }
  if (scene.hidden > 0) return "no row has the text of the filter: Esc drops it";
  switch (state.place().level) {
    case Level::kHolders:
      return scene.is_gone ? "nobody holds any of it now"
                           : "its holders are not told by this source";
    case Level::kProcesses:
      return "no process holds anything for it now";
    case Level::kInstances:
      return "it has no inotify instance";
    case Level::kWatches:
      return "it watches nothing";
    default:
      return "nobody holds anything";
  }
}

// What stands above the table.
Lines above(const State& state, const Data& data, const Scene& scene) {
  const Size& size = state.size;
  const Place& place = state.place();
  const Seen* const seen = data.of(by_of(state));
  if (place.level == Level::kOverview && seen != nullptr) {
    return paint_bars(scene, *seen, size);
  }
  const bool roomy = size.rows >= 18;
  if (place.pool && seen != nullptr) {
    const std::size_t few = size.rows >= 12 ? 2 : 1;
    const bool in_full = roomy && place.level == Level::kHolders;
    return paint_pool(*seen, *place.pool, size.columns, in_full ? size.rows / 2 : few);
  }
  return {};
}

void add_notes(const std::vector<std::string>& notes, const Size& size, Lines& lines) {
  const std::size_t most = size.rows >= 18 ? 2 : 1;
  for (std::size_t i = 0; i < std::min<std::size_t>(notes.size(), most); ++i) {
    for (Line& line : labelled("Note", harmless(notes[i]), size.columns, most)) {
      lines.push_back(std::move(line));
    }
  }
}

void add_notes_of(const State& state, const Data& data, const Scene& scene, Lines& lines) {
  const Level level = state.place().level;
  if (!scene.is_known) return;
  if (level == Level::kInstances) {
    add_notes(data.instances->limits, state.size, lines);
  } else if (level == Level::kWatches) {
    std::vector<std::string> notes = data.watches->limits;
    notes.insert(notes.begin(),
                 fmt::format("{} watches; of the {} listed {} have a path", data.watches->total,
                             data.watches->watches.size(), data.watches->resolved));
    add_notes(notes, state.size, lines);
  } else if (const Seen* const seen = data.of(by_of(state))) {
    // One line alone: the numbers matter more.
    for (const std::string& warning : seen->view.top.warnings) {
      for (Line& line : labelled("Note", harmless(warning), state.size.columns, 1)) {
        lines.push_back(std::move(line));
      }
      break;
    }
  }
}

Lines page(const State& state, const Data& data) {
  const Size& size = state.size;
  const Scene now = scene(state, data);
  Lines lines{title(state, data)};
  for (Line& line : above(state, data, now)) lines.push_back(std::move(line));
  add_notes_of(state, data, now, lines);
  if (lines.size() > 1 && size.rows >= 18) lines.emplace_back();
  Lines below;
  if (!data.error.empty()) {
    const std::size_t most = size.rows >= 18 ? 3 : 1;
    for (std::string& line : wrapped(harmless(data.error), size.columns, most)) {
      below.push_back({{std::move(line), Role::kError}});
    }
  }
  const std::size_t taken = lines.size() + below.size() + 2;  // status and keys
  const Table table =
      paint_table(now, state.place(), size.columns, size.rows > taken ? size.rows - taken : 0);
  lines.insert(lines.end(), table.lines.begin(), table.lines.end());
  if (now.items.empty()) {
    lines.push_back({{cut_end(nothing_text(state, data, now), size.columns), Role::kDim}});
  }
  const std::size_t room = size.rows > below.size() + 2 ? size.rows - below.size() - 2 : 0;
  lines.resize(room);
  for (Line& line : below) lines.push_back(std::move(line));
  const std::string words = state.notice.empty() ? status(state, now, table) : state.notice;
  lines.push_back({{cut_end(harmless(words), size.columns),
                    state.notice.empty() ? Role::kDim : Role::kStrong}});
  return lines;
}

Lines help_page(const State& state) {
  Lines lines = help_lines();
  const std::size_t room = state.size.rows > 1 ? state.size.rows - 1 : 0;
  const std::size_t last = lines.size() > room ? lines.size() - room : 0;
  lines.erase(lines.begin(),
              lines.begin() + static_cast<std::ptrdiff_t>(std::min(state.help_line, last)));
  lines.resize(room);
  return lines;
}

// Whatever was meant: nothing leaves the screen on the right.
void clip(Line& line, std::size_t columns) {
  std::size_t taken = 0;
  for (Span& span : line) {
    span.text = cut_end(span.text, columns - taken);
    taken += columns_of(span.text);
  }
}

}  // namespace

Frame paint(const State& state, const Data& data, const Medium& medium) {
  Frame frame;
  const Size& size = state.size;
  if (size.rows == 0 || size.columns == 0) return frame;
  frame.lines = state.help ? help_page(state) : page(state, data);
  frame.lines.resize(size.rows - 1);
  std::optional<std::size_t> cursor;
  frame.lines.push_back(state.help ? Line{{"any other key goes back", Role::kDim}}
                                   : last_line(state, cursor));
  if (cursor && !state.help) frame.cursor = Frame::Cursor{size.rows - 1, *cursor};
  for (Line& line : frame.lines) {
    clip(line, size.columns);
    if (medium.utf8) continue;
    for (Span& span : line) span.text = in_ascii(span.text);
  }
  return frame;
}

std::string plain(const Line& line) {
  std::string text;
  for (const Span& span : line) text += span.text;
  return text;
}

std::size_t columns_of(const Line& line) {
  std::size_t columns = 0;
  for (const Span& span : line) columns += columns_of(span.text);
  return columns;
}

}  // namespace kcommons::terminal
