#include "identity/namer.hpp"

#include <pthread.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "identity/believed.hpp"

namespace kcommons::identity {

namespace {

using census::Census;

// A container may be seen before its runtime has written what it knows of it. After that, it is
// asked about less and less.
SteadyTime::duration pause_after(int attempts) {
  constexpr int kSoon = 5;
  constexpr auto kLater = std::chrono::minutes(1);
  return attempts <= kSoon ? SteadyTime::duration::zero() : SteadyTime::duration(kLater);
}

std::shared_ptr<const census::UserNames> names_of(const std::map<Uid, User>& users) {
  auto names = std::make_shared<census::UserNames>();
  for (const auto& [uid, user] : users) names->emplace(uid, user.name);
  return names;
}

std::string key_of(const cgroup::Placement& placement) {
  std::string key = placement.path;
  if (placement.container) key += '\n' + placement.container->id;
  return key;
}

}  // namespace

Namer::Namer(Options options, const Clock& clock)
    : options_(std::move(options)),
      make_room_(options_.make_room),
      clock_(clock),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

Namer::~Namer() {
  thread_.request_stop();
  wake_.notify_all();
}

// What could not be read for want of descriptors is tried once more where there is room for some.
bool Namer::should_try_again(Lookup& lookup) const {
  return lookup.failures().take_starved() && make_room_ && make_room_();
}

void Namer::refresh(Lookup& lookup) const {
  lookup.refresh();
  if (should_try_again(lookup)) lookup.refresh();
}

// Without memory to look, nothing was found; it is asked about again.
Answer Namer::answer_to(const Question& question, Lookup& lookup) const {
  try {
    Answer answer = lookup.ask(question);
    if (!should_try_again(lookup)) return answer;
    lookup.rest();
    lookup.refresh();
    return lookup.ask(question);
  } catch (const std::bad_alloc&) {
    return {};
  }
}

// What finds no memory leaves the questions, and is tried again.
void Namer::work(const std::stop_token& stop) {
  constexpr std::chrono::seconds kPause{1};
  ::pthread_setname_np(::pthread_self(), "namer");
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    try {
      work_with_options(stop, lock);
    } catch (const std::bad_alloc&) {
      if (!lock.owns_lock()) lock.lock();
      wake_.wait_for(lock, stop, kPause, [] { return false; });
    }
  }
}

// Until there are others.
void Namer::work_with_options(const std::stop_token& stop, std::unique_lock<std::mutex>& lock) {
  const FailureCounts before = failures_;
  const unsigned change = changes_;
  const Lookup::Options options = options_.lookup;
  lock.unlock();
  Lookup lookup(options);
  lock.lock();
  const auto is_wanted = [&] { return is_asked() || changes_ != change; };
  while (wake_.wait(lock, stop, is_wanted) && !stop.stop_requested() && changes_ == change) {
    answer_all(lookup, stop, lock);
    failures_ = before;
    failures_.add(lookup.failures());
    wake_.notify_all();
  }
}

// What is asked now, and then gives back what was read for it.
void Namer::answer_all(Lookup& lookup, const std::stop_token& stop,
                       std::unique_lock<std::mutex>& lock) {
  const unsigned change = changes_;
  lock.unlock();
  refresh(lookup);
  auto users = names_of(lookup.users());
  lock.lock();
  users_ = std::move(users);
  users_wanted_ = false;
  while (changes_ == change && !questions_.empty() && !stop.stop_requested()) {
    answers_.reserve(answers_.size() + 1);  // no question is lost for want of memory
    Asked asked = std::move(questions_.front());
    questions_.pop_front();
    lock.unlock();
    Answer answer = answer_to(asked.second, lookup);
    lock.lock();
    if (changes_ != change) break;
    answers_.emplace_back(std::move(asked), std::move(answer));
    --unanswered_;
  }
  lookup.rest();
}

void Namer::configure(Options options) {
  const std::lock_guard lock(mutex_);
  options_ = std::move(options);
  ++changes_;
  questions_.clear();
  answers_.clear();
  unanswered_ = 0;
  for (auto& [key, known] : known_) {
    known.is_old = known.answer != nullptr;
    known.asked = false;
    known.attempts = 0;
  }
}

void Namer::note_questions(const Census& census) {
  std::vector<Question> questions = questions_of(census);
  keys_.clear();
  for (auto& [key, known] : known_) known.seen = false;
  for (std::size_t i = 0; i < census.placements.size(); ++i) {
    keys_.push_back(key_of(census.placements[i]));
    if (questions[i].oldest == ProcessName()) continue;  // nobody is there any more
    Known& known = known_[keys_.back()];
    // Hierarchies of a process that tell nothing of containers may differ, so that two placements
    // are one cgroup: it is asked about once.
    if (std::exchange(known.seen, true)) continue;
    if (known.question == questions[i]) continue;
    // With the process that was asked about before, the answer is an old one, not a wrong one.
    auto last = known.question.oldest == questions[i].oldest ? std::move(known.answer) : nullptr;
    known = Known{.question = std::move(questions[i]), .answer = std::move(last), .seen = true};
    known.is_old = known.answer != nullptr;
  }
  std::erase_if(known_, [](const auto& entry) { return !entry.second.seen; });
}

void Namer::ask_what_is_due(const Census& census) {
  constexpr auto kUsersAgain = std::chrono::minutes(1);
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  if (users_ != nullptr && now >= users_read_at_ + kUsersAgain && has_strangers(census)) {
    users_wanted_ = true;
    users_read_at_ = now;
  }
  for (auto& [key, known] : known_) {
    const bool is_done = known.answer && known.answer->complete && !known.is_old;
    if (is_done || known.asked || (known.attempts > 0 && now < known.next_try)) continue;
    known.asked = true;
    ++known.attempts;
    known.next_try = now + pause_after(known.attempts);
    questions_.emplace_back(key, known.question);
    ++unanswered_;
  }
  wake_.notify_all();
}

void Namer::take_answers(Census& census) {
  std::unique_lock lock(mutex_);
  const auto is_done = [this] { return unanswered_ == 0 && users_ != nullptr; };
  wake_.wait_for(lock, options_.patience, is_done);
  census.user_names = users_;
  for (auto& [asked, answer] : std::exchange(answers_, {})) {
    const auto at = known_.find(asked.first);
    // Another process may be in that cgroup since it was asked.
    if (at == known_.end() || at->second.question != asked.second) continue;
    at->second.asked = false;
    at->second.answer = std::make_shared<const Answer>(std::move(answer));
    at->second.is_old = false;
  }
}

// Users of whom passwd has not told, as it was when it was read.
bool Namer::has_strangers(const Census& census) const {
  return std::ranges::any_of(census.processes, [this](const census::ProcessRecord& process) {
    return !users_->contains(process.effective_uid);
  });
}

std::vector<Told> Namer::told() const {
  std::vector<Told> all;
  for (const auto& [key, known] : known_) {
    if (!known.answer || known.answer->trace.empty()) continue;
    all.push_back({.cgroup_path = known.question.cgroup_path, .answer = known.answer});
  }
  return all;
}

FailureCounts Namer::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

void Namer::apply(Census& census) {
  note_questions(census);
  ask_what_is_due(census);
  take_answers(census);
  std::vector<const Answer*> answers;
  for (const std::string& key : keys_) {
    const auto at = known_.find(key);
    answers.push_back(at == known_.end() ? nullptr : at->second.answer.get());
  }
  believe(answers, census);
}

}  // namespace kcommons::identity
