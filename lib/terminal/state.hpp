// What the live view shows, and what a key does to it: values and pure functions, which know of no
// terminal. Thread-safe as values are.
//
// The view is a stack of places: the overview, the holders of a pool, the processes of a holder,
// the inotify instances of a process, what one of them watches. Enter goes down, Escape comes back
// to where one was.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attribution/grouping.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "catalogue/catalogue.hpp"
#include "report/instances.hpp"
#include "report/top.hpp"
#include "report/top_summary.hpp"
#include "terminal/feed.hpp"
#include "terminal/key.hpp"

namespace kcommons::terminal {

struct PoolName {
  catalogue::ResourceId resource{};
  std::string userns;
  std::string uid;
  bool operator==(const PoolName&) const = default;
};

enum class Level : std::uint8_t {
  kOverview,   // the fullest pools as bars, and all holders
  kPools,      // every pool
  kHolders,    // of one pool
  kProcesses,  // of one holder; of one pool where that was the way
  kInstances,  // of inotify, of one process
  kWatches,    // of one instance
};

struct Place {
  Level level = Level::kOverview;
  std::optional<PoolName> pool;
  std::optional<report::TopWho> holder;
  Pid pid;
  std::string command;  // of that process, harmless
  int fd = -1;
  // How one looks at it.
  std::string selected;   // key of an item; empty: the first
  std::size_t index = 0;  // where that was, for when it is gone
  std::size_t first_column = 0;
  std::string sort;  // heading of a column; empty: what the place is usually sorted by
  bool inverted = false;
  std::string filter;
};

struct Size {
  std::size_t rows = 24;
  std::size_t columns = 80;
  bool operator==(const Size&) const = default;
};

enum class Prompt : std::uint8_t { kNone, kFilter, kSearch, kInterval };

struct State {
  std::vector<Place> places{Place{}};
  attribution::By by = attribution::By::kContainer;
  // Those that were asked for; empty: all.
  std::vector<catalogue::ResourceId> resources;
  std::chrono::milliseconds interval{2000};
  Size size;
  bool paused = false;
  bool help = false;
  std::size_t help_line = 0;  // the first that is shown
  Prompt prompt = Prompt::kNone;
  std::string input;   // of the prompt
  std::string before;  // the filter before the prompt
  std::string search;
  std::string notice;      // until the next key
  unsigned refreshes = 0;  // that were asked for
  bool quit = false;

  [[nodiscard]] const Place& place() const { return places.back(); }
  [[nodiscard]] Place& place() { return places.back(); }
};

// A view, and the summary that is made of it once.
struct Seen {
  View view;
  report::TopSummary summary;
};

// What the feed has told until now.
struct Data {
  std::array<std::shared_ptr<const Seen>, 5> seen;  // by attribution::By
  std::array<SteadyTime, 5> seen_at;
  std::shared_ptr<const report::Instances> instances;
  std::shared_ptr<const report::Watches> watches;
  std::string error;                   // of the last answer; empty: it was a good one
  std::optional<SteadyTime> asked_at;  // and not answered yet
  SteadyTime now;

  [[nodiscard]] const Seen* of(attribution::By by) const {
    return seen[static_cast<std::size_t>(by)].get();
  }
};

// What a place needs of the feed.
struct Wanted {
  enum class What : std::uint8_t { kLook, kInstances, kWatches };
  What what = What::kLook;
  attribution::By by = attribution::By::kContainer;
  Pid pid;
  int fd = -1;
  bool operator==(const Wanted&) const = default;
};
Wanted wanted(const State& state);

// By what the rows of a place are: the processes of a holder are processes.
attribution::By by_of(const State& state);

inline constexpr std::chrono::milliseconds kShortestInterval{100};
inline constexpr std::chrono::milliseconds kLongestInterval{3'600'000};

void handle(State& state, const Data& data, const Key& key);

}  // namespace kcommons::terminal
