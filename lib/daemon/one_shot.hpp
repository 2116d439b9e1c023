// One look at the host, for commands that print and end: opens the best source as the daemon does,
// takes one census and attributes it. Nothing is cut to `_other`: a command has no series to limit.
#pragma once

#include <string>
#include <vector>

#include "attribution/snapshot.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "census/census.hpp"
#include "config/config.hpp"
#include "identity/lookup.hpp"

namespace kcommons::daemon {

struct OneShot {
  std::string source;         // bpf or procfs
  std::string source_reason;  // why that one
  std::string restriction;    // what limits its view from the start; empty when nothing does
  census::Census census;
  attribution::Snapshot snapshot;    // of that census
  std::vector<identity::Told> told;  // how its containers came by their names
};

// Attributes a census with nothing cut, as commands show it.
attribution::Snapshot attribute_all(const census::Census& census, double neighbours_above = 0.5);

// An error where the source cannot be opened, or the census as a whole is worth nothing. What could
// not be seen is counted in the census. By procfs an inotify instance with very many watches may be
// left unread, within the budget of `config`, so that its owner does not have to wait.
Result<OneShot> sample_once(const config::Config& config, const Clock& clock);

}  // namespace kcommons::daemon
