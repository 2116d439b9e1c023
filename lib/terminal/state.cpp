#include "terminal/state.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "terminal/arrange.hpp"
#include "terminal/cells.hpp"
#include "terminal/prompt.hpp"
#include "terminal/scene.hpp"

namespace kcommons::terminal {

namespace {

using attribution::By;
using Code = Key::Code;

// Lines that are no rows: title, bars' space, heading, status, keys.
constexpr std::size_t kOverhead = 8;

void move_by(State& state, const Data& data, std::ptrdiff_t step) {
  const Scene now = scene(state, data);
  const auto last = static_cast<std::ptrdiff_t>(now.size()) - 1;
  const auto to = std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(now.selected) + step, 0,
                                             std::max<std::ptrdiff_t>(last, 0));
  select_at(state, data, now, static_cast<std::size_t>(to));
}

std::ptrdiff_t page_of(const State& state) {
  return static_cast<std::ptrdiff_t>(std::max<std::size_t>(state.size.rows, kOverhead + 1) -
                                     kOverhead);
}

// --- down and back ----------------------------------------------------------------------------

void open_pool(State& state, const report::AuditPool& pool) {
  state.places.push_back({.level = Level::kHolders, .pool = name_of(pool)});
}

void open_process(State& state, const report::TopWho& who) {
  state.places.push_back({.level = Level::kInstances,
                          .holder = who,
                          .pid = who.pid.value_or(Pid{}),
                          .command = text::printable(who.command.value_or("-"))});
}

void open_holder(State& state, const report::TopWho& who) {
  if (who.pid) {
    open_process(state, who);
    return;
  }
  auto pool = state.place().pool;
  state.places.push_back({.level = Level::kProcesses, .pool = std::move(pool), .holder = who});
}

void open_instance(State& state, const report::InotifyInstance& instance) {
  if (instance.fd < 0) {
    state.notice = "what it watches is told on its own host alone: run kcommons top there";
    return;
  }
  const Place from = state.place();
  state.places.push_back({.level = Level::kWatches,
                          .holder = from.holder,
                          .pid = from.pid,
                          .command = from.command,
                          .fd = instance.fd});
}

void open(State& state, const Data& data) {
  const Scene now = scene(state, data);
  if (now.size() == 0) return;
  // So that coming back finds it again, whatever has moved meanwhile.
  select_at(state, data, now, now.selected);
  const Seen* const seen = data.of(by_of(state));
  if (now.selected < now.bars.size()) {
    open_pool(state, seen->view.audit.pools[now.bars[now.selected]]);
    return;
  }
  const std::size_t source = now.items[now.selected - now.bars.size()].source;
  switch (state.place().level) {
    case Level::kPools:
      open_pool(state, seen->view.audit.pools[source]);
      break;
    case Level::kOverview:
    case Level::kHolders:
    case Level::kProcesses:
      open_holder(state, seen->view.top.who[source]);
      break;
    case Level::kInstances:
      open_instance(state, data.instances->instances[source]);
      break;
    case Level::kWatches:
      state.notice = "there is nothing below a watch";
      break;
  }
}

void back(State& state) {
  if (!state.place().filter.empty()) {
    state.place().filter.clear();
  } else if (state.places.size() > 1) {
    state.places.pop_back();
  } else {
    state.notice = "this is the overview: q quits";
  }
}

void toggle_pools(State& state) {
  const bool there = state.place().level == Level::kPools;
  state.places.resize(1);
  if (!there) state.places.push_back({.level = Level::kPools});
}

// --- keys -------------------------------------------------------------------------------------

void handle_character(State& state, const Data& data, char32_t character) {
  switch (character) {
    case 'q':
    case 'Q':
      state.quit = true;
      break;
    case '?':
    case 'h':
      state.help = true;
      break;
    case '/':
      begin_prompt(state, Prompt::kSearch);
      break;
    case '\\':
    case 'f':
      begin_prompt(state, Prompt::kFilter);
      break;
    case 'd':
    case 's':
      begin_prompt(state, Prompt::kInterval);
      break;
    case 'n':
      search(state, data, false);
      break;
    case 'o':
      toggle_pools(state);
      break;
    case 'b':
      turn_by(state, 1);
      break;
    case '>':
    case '.':
      sort_by(state, data, 1);
      break;
    case '<':
    case ',':
      sort_by(state, data, -1);
      break;
    case 'I':
      state.place().inverted = !state.place().inverted;
      break;
    case 'p':
    case ' ':
      state.paused = !state.paused;
      break;
    case 'r':
      ++state.refreshes;
      break;
    case '+':
    case '-':
      change_interval(state, character == '+');
      break;
    default:
      break;
  }
}

void handle_help(State& state, const Key& key) {
  switch (key.code) {
    case Code::kDown:
      ++state.help_line;
      break;
    case Code::kUp:
      state.help_line -= std::min<std::size_t>(state.help_line, 1);
      break;
    case Code::kPageDown:
      state.help_line += static_cast<std::size_t>(page_of(state));
      break;
    case Code::kPageUp:
      state.help_line -= std::min(state.help_line, static_cast<std::size_t>(page_of(state)));
      break;
    default:
      state.help = false;
      state.help_line = 0;
      state.quit = key.code == Code::kF10;
  }
}

bool handle_move(State& state, const Data& data, Code code) {
  constexpr std::ptrdiff_t kFar = 1'000'000'000;
  switch (code) {
    case Code::kUp:
      move_by(state, data, -1);
      return true;
    case Code::kDown:
      move_by(state, data, 1);
      return true;
    case Code::kPageUp:
      move_by(state, data, -page_of(state));
      return true;
    case Code::kPageDown:
      move_by(state, data, page_of(state));
      return true;
    case Code::kHome:
      move_by(state, data, -kFar);
      return true;
    case Code::kEnd:
      move_by(state, data, kFar);
      return true;
    case Code::kLeft:
      scroll_columns(state, data, -1);
      return true;
    case Code::kRight:
      scroll_columns(state, data, 1);
      return true;
    default:
      return false;
  }
}

void handle_key(State& state, const Data& data, const Key& key) {
  switch (key.code) {
    case Code::kEnter:
      open(state, data);
      break;
    case Code::kEscape:
    case Code::kBackspace:
      back(state);
      break;
    case Code::kTab:
    case Code::kF2:
    case Code::kBackTab:
      turn_by(state, key.code == Code::kBackTab ? -1 : 1);
      break;
    case Code::kF1:
      state.help = true;
      break;
    case Code::kF3:
      begin_prompt(state, Prompt::kSearch);
      break;
    case Code::kF4:
      begin_prompt(state, Prompt::kFilter);
      break;
    case Code::kF5:
      toggle_pools(state);
      break;
    case Code::kF6:
      sort_by(state, data, 1);
      break;
    case Code::kF10:
      state.quit = true;
      break;
    default:
      handle_character(state, data, key.character);
  }
}

}  // namespace

By by_of(const State& state) {
  return state.place().level == Level::kProcesses ? By::kProcess : state.by;
}

Wanted wanted(const State& state) {
  const Place& place = state.place();
  switch (place.level) {
    case Level::kInstances:
      return {.what = Wanted::What::kInstances, .pid = place.pid};
    case Level::kWatches:
      return {.what = Wanted::What::kWatches, .pid = place.pid, .fd = place.fd};
    default:
      return {.what = Wanted::What::kLook, .by = by_of(state)};
  }
}

void handle(State& state, const Data& data, const Key& key) {
  state.notice.clear();
  if (state.help) {
    handle_help(state, key);
  } else if (state.prompt != Prompt::kNone) {
    handle_prompt(state, data, key);
  } else if (!handle_move(state, data, key.code)) {
    handle_key(state, data, key);
  }
}

}  // namespace kcommons::terminal
