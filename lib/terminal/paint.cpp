#include "terminal/paint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "terminal/cells.hpp"
#include "terminal/parts.hpp"
#include "terminal/scene.hpp"

namespace kcommons::terminal {

namespace {

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
    for (Line& line : labelled("Note", text::printable(notes[i]), size.columns, most)) {
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
    // The first alone: the numbers matter more.
    const std::vector<std::string>& warnings = seen->view.top.warnings;
    if (!warnings.empty()) add_notes({warnings.front()}, state.size, lines);
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
    for (std::string& line : wrapped(text::printable(data.error), size.columns, most)) {
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
  lines.push_back({{cut_end(text::printable(words), size.columns),
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
