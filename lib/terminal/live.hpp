// The live view: draws, takes keys and signals, and hands what is wanted to the feed's thread,
// until somebody quits. Leaves the terminal as it was found, whatever ends it.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "terminal/feed.hpp"
#include "terminal/state.hpp"

namespace kcommons::terminal {

// What an answer changes of what is known. Of a place that one has left, an error says nothing
// more.
struct Answer;
void take(Answer answer, const Wanted& wanted, Data& data);

struct Ended {
  // A question under way hangs, in a thread that was left behind: end the process without running
  // destructors of what it may use.
  bool left_behind = false;
};

// On standard input and output, which are a terminal. `start` is where it begins. Call it before
// there is a second thread. Quitting, and SIGINT, SIGTERM, SIGHUP and SIGQUIT, end it well; an
// error is a terminal that cannot be used, of which nothing was changed.
Result<Ended> run_live(std::shared_ptr<Feed> feed, State start, bool colour);

}  // namespace kcommons::terminal
