// Where the live view has its numbers from: the host itself or a daemon, it does not know which.
#pragma once

#include <string>

#include "attribution/grouping.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "report/audit.hpp"
#include "report/instances.hpp"
#include "report/top.hpp"

namespace kcommons::terminal {

// One look. Both parts are of one snapshot, so that their numbers are the same.
struct View {
  report::Audit audit;  // the pools: how full, who shares them, what to do
  report::Top top;      // all rows, by what was asked for
  std::string source;   // for people: "bpf", "http://host:10044 (procfs)"
};

// Called from one thread, which is not that of the screen: it may take as long as it needs. An
// error says what was tried, why that failed and what to do; the view goes on showing what it had.
class Feed {
 public:
  Feed() = default;
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;
  virtual ~Feed() = default;

  virtual Result<View> look(attribution::By by) = 0;
  virtual Result<report::Instances> instances(Pid pid) = 0;
  virtual Result<report::Watches> watches(Pid pid, int fd) = 0;
};

}  // namespace kcommons::terminal
