#include "terminal/arrange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/top_words.hpp"
#include "terminal/scene.hpp"

namespace kcommons::terminal {

namespace {

using attribution::By;

constexpr std::array kBys{By::kContainer, By::kPod, By::kUid, By::kUnit, By::kProcess};

}  // namespace

void turn_by(State& state, int step) {
  const Level level = state.place().level;
  if (level != Level::kOverview && level != Level::kHolders) {
    state.notice = "rows are grouped in the overview and among the holders of a pool alone";
    return;
  }
  const auto at = std::ranges::find(kBys, state.by) - kBys.begin();
  const auto count = static_cast<std::ptrdiff_t>(kBys.size());
  state.by = kBys[static_cast<std::size_t>((at + step + count) % count)];
  Place& place = state.place();
  // A bar stays what it is; another row has another name.
  if (!place.selected.starts_with("pool ")) {
    place.selected.clear();
    place.index = 0;
  }
  place.first_column = 0;
  state.notice = fmt::format("by {}", report::name_of(state.by));
}

void sort_by(State& state, const Data& data, int step) {
  const Scene now = scene(state, data);
  if (now.columns.empty()) return;
  const auto count = static_cast<std::ptrdiff_t>(now.columns.size());
  const auto to = (static_cast<std::ptrdiff_t>(now.sorted_by) + step + count) % count;
  state.place().sort = now.columns[static_cast<std::size_t>(to)].heading;
  state.place().inverted = false;
}

void scroll_columns(State& state, const Data& data, int step) {
  const Scene now = scene(state, data);
  Place& place = state.place();
  if (step < 0 && place.first_column > 0) --place.first_column;
  if (step > 0 && now.names + place.first_column + 1 < now.columns.size()) ++place.first_column;
}

void change_interval(State& state, bool longer) {
  using namespace std::chrono_literals;
  constexpr std::array<std::chrono::milliseconds, 9> kSteps{500ms, 1s,  2s,   5s,   10s,
                                                            30s,   60s, 300s, 3600s};
  if (longer) {
    const auto next = std::ranges::upper_bound(kSteps, state.interval);
    if (next != kSteps.end()) state.interval = *next;
  } else {
    const auto at = std::ranges::lower_bound(kSteps, state.interval);
    if (at != kSteps.begin()) state.interval = *std::prev(at);
  }
  state.notice =
      fmt::format("refreshed every {} s", std::chrono::duration<double>(state.interval).count());
}

}  // namespace kcommons::terminal
