// Asks the feed in a thread of its own, so that no key waits for a census or for a slow network:
// what is wanted now, again after each interval, and at once when something else is wanted. What a
// census does not tell, the watches of a process, is asked for once: reading them makes its owner
// wait.
//
// All members are for one thread, that of the screen. The destructor waits a moment for an answer
// under way, and leaves a thread behind that hangs in its question: it keeps what it needs alive.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "terminal/feed.hpp"
#include "terminal/state.hpp"

namespace kcommons::terminal {

struct Answer {
  Wanted wanted;
  // One of these, or else an error.
  std::shared_ptr<const Seen> seen;
  std::shared_ptr<const report::Instances> instances;
  std::shared_ptr<const report::Watches> watches;
  std::string error;
  SteadyTime at;
};

// Of one question. Blocks; what the feed throws is an error as well.
Answer ask(Feed& feed, const Wanted& wanted);

class Worker final {
 public:
  static Result<std::unique_ptr<Worker>> start(std::shared_ptr<Feed> feed);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // From now on. More `refreshes` than before ask at once.
  void want(const Wanted& wanted, std::chrono::milliseconds interval, bool paused,
            unsigned refreshes);
  std::vector<Answer> answers();
  // Since when an answer has been waited for; empty: for none.
  [[nodiscard]] std::optional<SteadyTime> asked_at() const;
  // Readable when there are answers.
  [[nodiscard]] int fd() const;

  // Ends the thread. False when it hangs and is left behind: the process should then end without
  // taking down what the thread may use.
  bool stop();

 private:
  struct Shared;
  explicit Worker(std::shared_ptr<Shared> shared);
  static void work(Shared& shared);

  std::shared_ptr<Shared> shared_;
  bool stopped_ = false;
  bool left_behind_ = false;
};

}  // namespace kcommons::terminal
