// Inotify instances out of descriptors: which links are one instance, and how many watches each
// has, without stalling the processes that own them.
//
// The only place where procfs tells the watches is fdinfo, and reading it holds the group's mutex:
// the owner's inotify_add_watch(2) waits about a microsecond a watch (measured: 105 ms at 100,000).
// So an instance is read once however many links lead to it, and one that is known to be large is
// read again only when the host-wide allowance for large reads permits; until then its last value
// is kept and carries its age. All reading in one census is bounded in time as well.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <tuple>
#include <vector>

#include "base/clock.hpp"
#include "census/census.hpp"
#include "census/file_books.hpp"
#include "procfs/fdinfo.hpp"

namespace kcommons::census {

struct InotifyBudget {
  // Watches from which on an instance is large.
  std::uint64_t large_instance = 2000;
  // At most one large instance is read again per this time.
  std::chrono::milliseconds large_read_interval{60000};
  // Time for all reads of one census; what is left over keeps its value or waits.
  std::chrono::milliseconds read_budget{1000};
};

// One descriptor of an inotify instance.
struct InotifyLink {
  std::uint32_t process = 0;  // index in the list of processes
  Pid task;                   // whose table it stands in
  int fd = 0;
  std::optional<procfs::InotifyWatches> just_read;  // by the walk that found it
};

class InotifyBooks final {
 public:
  using ReadWatches = std::function<Result<procfs::InotifyWatches>(const InotifyLink&)>;

  InotifyBooks(InotifyBudget budget, const Clock& clock) : budget_(budget), clock_(clock) {}

  // Between two censuses. A large read that is due later than the new interval asks for is due
  // then.
  void set_budget(InotifyBudget budget);

  // The instances that `processes` (ordered by age) hold, appended to `census`, with what could
  // not be read counted there. `read` is called for the instances that are to be read now. An error
  // only when it has no more descriptors or memory; what was known is kept then.
  Result<void> book(const std::vector<RawProcess>& processes, FileComparer* comparer,
                    const ReadWatches& read, Census& census);

 private:
  // A descriptor over time: the process by PID and start, the task, the number.
  using LinkKey = std::tuple<Pid, std::uint64_t, Pid, int>;
  struct Known {
    procfs::InotifyWatches watches;
    SteadyTime read_at;
  };
  struct Instance {
    std::vector<InotifyLink> links;
    std::optional<Known> known;
    bool fresh = false;  // read in this census already
    bool gone = false;   // closed meanwhile, or merged into another
  };

  struct Place {
    std::size_t index = 0;
    bool is_own = false;
  };
  static Place find_place(const std::vector<Instance>& instances, const InotifyLink& link,
                          FileComparer& comparer);
  static std::vector<Instance> group(const std::vector<RawProcess>& processes,
                                     FileComparer* comparer);
  void recall(const std::vector<RawProcess>& processes, std::vector<Instance>& instances);
  Result<void> read_all(std::vector<Instance>& instances, const ReadWatches& read, Census& census);
  Result<void> read_one(Instance& instance, const ReadWatches& read, Census& census);
  static void merge_lookalikes(const std::vector<RawProcess>& processes,
                               std::vector<Instance>& instances);
  [[nodiscard]] NotifyGroup record_of(const std::vector<RawProcess>& processes,
                                      const Instance& instance) const;
  void remember(const std::vector<RawProcess>& processes, const std::vector<Instance>& instances);
  [[nodiscard]] bool is_large(const Instance& instance) const;

  InotifyBudget budget_;
  const Clock& clock_;
  std::map<LinkKey, Known> known_;
  SteadyTime next_large_read_{};
};

}  // namespace kcommons::census
