// What is typed on the last line: a filter, a word to search for, an interval. Internal to
// lib/terminal.
#pragma once

#include <cstddef>

#include "terminal/scene.hpp"
#include "terminal/state.hpp"

namespace kcommons::terminal {

void begin_prompt(State& state, Prompt prompt);
void handle_prompt(State& state, const Data& data, const Key& key);

// Goes to the next row that has the text searched for, from the one after the selected one on, or
// from that itself; around the end.
void search(State& state, const Data& data, bool from_here);

// The bar or row at an index of both as one list.
void select_at(State& state, const Data& data, const Scene& scene, std::size_t index);

}  // namespace kcommons::terminal
