// Gives the containers of a census their names, and finds those that their cgroup path does not
// tell: the sampler's side of it. What it has to read for that, a thread of its own reads, so that
// no census waits for a disk or for a thousand new containers; what is not known yet is named by
// its id, and asked about again. What was found is kept for as long as the cgroup has processes.
//
// apply(), configure(), told() and labels() belong to one thread, the sampler's; failures() may be
// called from any. The destructor ends the thread after the question under way.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "census/census.hpp"
#include "identity/lookup.hpp"

namespace kcommons::identity {

class Namer final {
 public:
  struct Options {
    Lookup::Options lookup;
    // How long apply() waits for what it has just asked. Names come at the next census otherwise.
    std::chrono::milliseconds patience{20};
    // Asked to see to it that a handful of descriptors can be opened, when none can; false where it
    // cannot. From the thread that reads. Empty: nobody can. Stays what it is at the start.
    std::function<bool()> make_room;
  };
  // `clock` must outlive it.
  Namer(Options options, const Clock& clock);
  ~Namer();
  Namer(const Namer&) = delete;
  Namer& operator=(const Namer&) = delete;

  // Fills Census::names and user_names, and changes placements: of those whose container only
  // evidence tells, and of processes that work for a container from outside of it.
  void apply(census::Census& census);

  // From the next census on. All that is known is asked anew; until then the old answers hold.
  void configure(Options options);

  // What was found out of the cgroups of the last census, but of those that hold nothing worth
  // asking about.
  [[nodiscard]] std::vector<Told> told() const;
  // Those that are copied into names.
  [[nodiscard]] const std::vector<std::string>& labels() const { return options_.lookup.labels; }
  // Reads that failed until now, but for what is not there.
  [[nodiscard]] FailureCounts failures() const;

 private:
  struct Known {
    Question question;
    std::shared_ptr<const Answer> answer;  // the last one; null before the first
    bool is_old = false;                   // it is of another question, about the same process
    bool asked = false;                    // and not answered yet
    int attempts = 0;
    SteadyTime next_try;
    bool seen = false;  // in the census under way
  };
  using Asked = std::pair<std::string, Question>;

  void note_questions(const census::Census& census);
  void ask_what_is_due(const census::Census& census);
  void take_answers(census::Census& census);
  [[nodiscard]] bool has_strangers(const census::Census& census) const;
  [[nodiscard]] bool is_asked() const { return !questions_.empty() || users_wanted_; }
  void work(const std::stop_token& stop);
  void work_with_options(const std::stop_token& stop, std::unique_lock<std::mutex>& lock);
  void refresh(Lookup& lookup) const;
  Answer answer_to(const Question& question, Lookup& lookup) const;
  [[nodiscard]] bool should_try_again(Lookup& lookup) const;
  void answer_all(Lookup& lookup, const std::stop_token& stop, std::unique_lock<std::mutex>& lock);

  Options options_;  // written with the mutex held, as the other thread reads them too
  const std::function<bool()> make_room_;
  const Clock& clock_;
  std::map<std::string, Known> known_;  // by cgroup
  std::vector<std::string> keys_;       // of the placements of the census under way

  SteadyTime users_read_at_;  // asked for, to be exact

  // Between the two threads.
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Asked> questions_;
  std::vector<std::pair<Asked, Answer>> answers_;
  std::size_t unanswered_ = 0;
  unsigned changes_ = 0;  // of the options; an answer from before one counts no more
  bool users_wanted_ = true;
  std::shared_ptr<const census::UserNames> users_;
  FailureCounts failures_;
  std::jthread thread_;
};

}  // namespace kcommons::identity
