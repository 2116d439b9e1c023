#include "terminal/live.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "terminal/paint.hpp"
#include "terminal/screen.hpp"
#include "terminal/signals.hpp"
#include "terminal/worker.hpp"

namespace kcommons::terminal {

namespace {

using Steady = std::chrono::steady_clock;

class Live final {
 public:
  Live(Screen& screen, Worker& worker, const Signals& signals, State start)
      : screen_(screen), worker_(worker), signals_(signals), state_(std::move(start)) {}

  void run() {
    while (!state_.quit) {
      state_.size = screen_.size();
      ask();
      data_.asked_at = worker_.asked_at();
      data_.now = Steady::now();
      screen_.draw(paint(state_, data_, screen_.medium()));
      wait();
    }
  }

 private:
  void ask() {
    const Wanted now = wanted(state_);
    // What failed at another place says nothing of this one.
    if (asked_ != now) data_.error.clear();
    asked_ = now;
    worker_.want(now, state_.interval, state_.paused, state_.refreshes);
  }

  void wait() {
    constexpr int kTick = 1000;  // milliseconds: ages are told in seconds
    std::array<pollfd, 3> fds{{{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                               {.fd = signals_.fd(), .events = POLLIN, .revents = 0},
                               {.fd = worker_.fd(), .events = POLLIN, .revents = 0}}};
    if (::poll(fds.data(), fds.size(), kTick) < 0 && errno != EINTR) state_.quit = true;
    if ((fds[1].revents & POLLIN) != 0) take_signals();
    if ((fds[2].revents & POLLIN) != 0) take_answers();
    if (fds[0].revents != 0) take_keys();
    // The terminal is gone: nobody will ever type again.
    if ((fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) state_.quit = true;
  }

  void take_signals() {
    while (const auto signal = signals_.next()) {
      switch (*signal) {
        case SIGWINCH:
          screen_.resize();
          break;
        case SIGTSTP:
          screen_.give_back();
          // Here the process stands still until somebody sends SIGCONT.
          ::kill(::getpid(), SIGSTOP);
          screen_.take_back();
          break;
        case SIGCONT:
          // Whoever stopped us otherwise has left the terminal as it pleased.
          screen_.take_back();
          break;
        default:
          state_.quit = true;
      }
    }
  }

  void take_answers() {
    for (Answer& answer : worker_.answers()) take(std::move(answer), wanted(state_), data_);
  }

  void take_keys() {
    while (const auto key = screen_.key()) {
      handle(state_, data_, *key);
      if (state_.quit) break;
    }
  }

  Screen& screen_;
  Worker& worker_;
  const Signals& signals_;
  State state_;
  Data data_;
  Wanted asked_;
};

}  // namespace

void take(Answer answer, const Wanted& wanted, Data& data) {
  if (answer.seen) {
    const auto by = static_cast<std::size_t>(answer.wanted.by);
    data.seen[by] = std::move(answer.seen);
    data.seen_at[by] = answer.at;
  }
  if (answer.instances) data.instances = std::move(answer.instances);
  if (answer.watches) data.watches = std::move(answer.watches);
  if (answer.wanted == wanted) data.error = std::move(answer.error);
}

Result<Ended> run_live(std::shared_ptr<Feed> feed, State start, bool colour) {
  auto signals = Signals::block();
  if (!signals) return fail(signals.error());
  auto worker = Worker::start(std::move(feed));
  if (!worker) return fail(worker.error());
  {
    auto screen = Screen::open(colour);
    if (!screen) return fail(screen.error());
    Live(**screen, **worker, *signals, std::move(start)).run();
  }
  return Ended{.left_behind = !(*worker)->stop()};
}

}  // namespace kcommons::terminal
