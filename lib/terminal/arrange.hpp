// How one looks at a place: grouped, sorted, scrolled, refreshed. Internal to lib/terminal.
#pragma once

#include "terminal/state.hpp"

namespace kcommons::terminal {

// `step` is 1 or -1: the next or the one before, around the end.
void turn_by(State& state, int step);
void sort_by(State& state, const Data& data, int step);
void scroll_columns(State& state, const Data& data, int step);
void change_interval(State& state, bool longer);

}  // namespace kcommons::terminal
