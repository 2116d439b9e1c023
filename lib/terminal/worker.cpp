#include "terminal/worker.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "base/unique_fd.hpp"

namespace kcommons::terminal {

namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

// Between two questions, however long an answer takes.
constexpr milliseconds kRest{50};
// For a thread that is about to end.
constexpr milliseconds kPatience{300};

std::shared_ptr<const Seen> seen_of(View view) {
  auto seen = std::make_shared<Seen>();
  seen->view = std::move(view);
  seen->summary = report::summarize(seen->view.top, std::nullopt, false, 0);
  return seen;
}

void ask_into(Feed& feed, const Wanted& wanted, Answer& answer) {
  switch (wanted.what) {
    case Wanted::What::kLook: {
      auto view = feed.look(wanted.by);
      if (!view) {
        answer.error = view.error().message();
      } else {
        answer.seen = seen_of(std::move(*view));
      }
      break;
    }
    case Wanted::What::kInstances: {
      auto instances = feed.instances(wanted.pid);
      if (!instances) {
        answer.error = instances.error().message();
      } else {
        answer.instances = std::make_shared<report::Instances>(std::move(*instances));
      }
      break;
    }
    case Wanted::What::kWatches: {
      auto watches = feed.watches(wanted.pid, wanted.fd);
      if (!watches) {
        answer.error = watches.error().message();
      } else {
        answer.watches = std::make_shared<report::Watches>(std::move(*watches));
      }
      break;
    }
  }
}

}  // namespace

Answer ask(Feed& feed, const Wanted& wanted) {
  Answer answer{.wanted = wanted};
  try {
    ask_into(feed, wanted, answer);
  } catch (const std::exception& error) {
    answer.error = fmt::format("look: {}", error.what());
  }
  answer.at = Steady::now();
  return answer;
}

struct Worker::Shared {
  std::shared_ptr<Feed> feed;
  UniqueFd ready;

  std::mutex mutex;
  std::condition_variable changed;
  bool wants = false;  // anything yet
  Wanted wanted;
  milliseconds interval{2000};
  bool paused = false;
  unsigned refreshes = 0;
  bool at_once = false;
  std::optional<SteadyTime> asked_at;
  std::vector<Answer> answers;
  bool stop = false;
  bool ended = false;
};

Result<std::unique_ptr<Worker>> Worker::start(std::shared_ptr<Feed> feed) {
  auto shared = std::make_shared<Shared>();
  shared->feed = std::move(feed);
  shared->ready = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!shared->ready.is_open()) return fail(Error::from_errno(errno, "eventfd"));
  return std::unique_ptr<Worker>(new Worker(std::move(shared)));
}

Worker::Worker(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {
  // It owns a share of all that it uses.
  std::thread([mine = shared_] { work(*mine); }).detach();
}

Worker::~Worker() {
  stop();
}

void Worker::work(Shared& shared) {
  std::unique_lock lock(shared.mutex);
  SteadyTime due{};
  while (true) {
    const auto repeats = [&] {
      return shared.wants && !shared.paused && shared.wanted.what == Wanted::What::kLook;
    };
    if (!shared.stop && !shared.at_once) {
      if (repeats()) {
        shared.changed.wait_until(lock, due);
      } else {
        shared.changed.wait(lock);
      }
    }
    if (shared.stop) break;
    if (!shared.at_once && !(repeats() && Steady::now() >= due)) continue;
    shared.at_once = false;
    const Wanted wanted = shared.wanted;
    const SteadyTime begun = Steady::now();
    shared.asked_at = begun;
    lock.unlock();
    Answer answer = ask(*shared.feed, wanted);
    lock.lock();
    shared.asked_at.reset();
    due = std::max(begun + shared.interval, answer.at + kRest);
    shared.answers.push_back(std::move(answer));
    const std::uint64_t one = 1;
    static_cast<void>(!::write(shared.ready.get(), &one, sizeof(one)));
  }
  shared.ended = true;
  shared.changed.notify_all();
}

void Worker::want(const Wanted& wanted, milliseconds interval, bool paused, unsigned refreshes) {
  const std::lock_guard lock(shared_->mutex);
  Shared& shared = *shared_;
  const bool is_new = !shared.wants || shared.wanted != wanted || shared.refreshes != refreshes;
  const bool is_same = !is_new && shared.interval == interval && shared.paused == paused;
  if (is_same) return;
  // What is asked once is not asked again because looks are to come more often.
  const bool is_sooner = shared.interval != interval && !paused;
  shared.at_once |= is_new || (is_sooner && wanted.what == Wanted::What::kLook);
  shared.wants = true;
  shared.wanted = wanted;
  shared.interval = interval;
  shared.paused = paused;
  shared.refreshes = refreshes;
  shared.changed.notify_all();
}

std::vector<Answer> Worker::answers() {
  std::uint64_t count = 0;
  static_cast<void>(!::read(shared_->ready.get(), &count, sizeof(count)));
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->answers, {});
}

std::optional<SteadyTime> Worker::asked_at() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->asked_at;
}

int Worker::fd() const {
  return shared_->ready.get();
}

bool Worker::stop() {
  if (stopped_) return !left_behind_;
  stopped_ = true;
  std::unique_lock lock(shared_->mutex);
  shared_->stop = true;
  shared_->changed.notify_all();
  left_behind_ = !shared_->changed.wait_for(lock, kPatience, [this] { return shared_->ended; });
  return !left_behind_;
}

}  // namespace kcommons::terminal
