#include "terminal/prompt.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <string>

namespace kcommons::terminal {

namespace {

using Code = Key::Code;

constexpr std::size_t kMostTyped = 200;  // bytes

void append_utf8(std::string& out, char32_t code) {
  const auto add = [&](char32_t byte) { out += static_cast<char>(byte); };
  constexpr char32_t kLow = 0x3F;
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0 | code >> 6);
    add(0x80 | (code & kLow));
  } else if (code < 0x10000) {
    add(0xE0 | code >> 12);
    add(0x80 | (code >> 6 & kLow));
    add(0x80 | (code & kLow));
  } else {
    add(0xF0 | code >> 18);
    add(0x80 | (code >> 12 & kLow));
    add(0x80 | (code >> 6 & kLow));
    add(0x80 | (code & kLow));
  }
}

void erase_last(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) {
    text.pop_back();
  }
  if (!text.empty()) text.pop_back();
}

bool is_visible(char32_t code) {
  return code >= 0x20 && code != 0x7F && (code < 0x80 || code >= 0xA0) && code <= 0x10FFFF &&
         (code < 0xD800 || code > 0xDFFF);
}

std::optional<std::chrono::milliseconds> parse_seconds(std::string_view text) {
  double seconds = 0;
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || stopped != text.data() + text.size()) return std::nullopt;
  constexpr double kPerSecond = 1000;
  const double milliseconds = seconds * kPerSecond;
  if (!(milliseconds >= static_cast<double>(kShortestInterval.count())) ||
      milliseconds > static_cast<double>(kLongestInterval.count())) {
    return std::nullopt;
  }
  return std::chrono::milliseconds(std::llround(milliseconds));
}

void accept(State& state) {
  if (state.prompt == Prompt::kInterval) {
    const auto interval = parse_seconds(state.input);
    if (interval) {
      state.interval = *interval;
    } else if (!state.input.empty()) {
      state.notice = fmt::format("\"{}\" is no interval: 0.1 to 3600 seconds are", state.input);
    }
  }
  state.prompt = Prompt::kNone;
}

void give_up(State& state) {
  if (state.prompt == Prompt::kFilter) state.place().filter = state.before;
  state.prompt = Prompt::kNone;
}

// What is typed acts at once.
void changed(State& state, const Data& data) {
  if (state.prompt == Prompt::kFilter) {
    Place& place = state.place();
    place.filter = state.input;
    const Scene now = scene(state, data);
    // Who filters wants to go to what is left.
    if (now.selected < now.bars.size() && !now.items.empty()) {
      select_at(state, data, now, now.bars.size());
    }
  } else if (state.prompt == Prompt::kSearch) {
    state.search = state.input;
    search(state, data, true);
  }
}

}  // namespace

void select_at(State& state, const Data& data, const Scene& scene, std::size_t index) {
  if (scene.size() == 0) return;
  state.place().index = index;
  state.place().selected = key_at(scene, data, state, index);
}

void search(State& state, const Data& data, bool from_here) {
  if (state.search.empty()) return;
  const Scene now = scene(state, data);
  const std::size_t count = now.items.size();
  // From a bar it goes to the rows below.
  const bool on_bar = now.selected < now.bars.size();
  const std::size_t first = on_bar ? 0 : now.selected - now.bars.size() + (from_here ? 0 : 1);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = (first + i) % count;
    if (!matches(now.items[at], state.search)) continue;
    select_at(state, data, now, now.bars.size() + at);
    return;
  }
  state.notice = fmt::format("no row has \"{}\"", state.search);
}

void begin_prompt(State& state, Prompt prompt) {
  state.prompt = prompt;
  state.before = state.place().filter;
  state.input = prompt == Prompt::kFilter ? state.before : std::string();
}

void handle_prompt(State& state, const Data& data, const Key& key) {
  switch (key.code) {
    case Code::kEnter:
      accept(state);
      break;
    case Code::kEscape:
      give_up(state);
      break;
    case Code::kF3:
      if (state.prompt == Prompt::kSearch) search(state, data, false);
      break;
    case Code::kF10:
      state.quit = true;
      break;
    case Code::kBackspace:
      erase_last(state.input);
      changed(state, data);
      break;
    case Code::kCharacter:
      if (!is_visible(key.character) || state.input.size() >= kMostTyped) break;
      append_utf8(state.input, key.character);
      changed(state, data);
      break;
    default:
      break;
  }
}

}  // namespace kcommons::terminal
