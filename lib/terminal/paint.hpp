// From a state and what is known to the lines of a screen. Pure, thread-safe. No line is wider than
// the screen, there are as many as it has rows, and all text in them is harmless: control
// characters never get there.
#pragma once

#include "terminal/frame.hpp"
#include "terminal/state.hpp"

namespace kcommons::terminal {

struct Medium {
  bool utf8 = true;  // else every character is of ASCII
};

Frame paint(const State& state, const Data& data, const Medium& medium);

}  // namespace kcommons::terminal
