// Who is in a cgroup, by all that the host tells: one question, one answer, with the trace of what
// was asked. Reads files and /proc at each call, so it is asked off the sampler's thread. Belongs
// to one thread.
//
// The cgroup path is the kernel's word and comes first: whatever else says that a process is in a
// container whose cgroup it is not in is not believed. What users may write themselves, command
// lines and mounts, counts where the path tells nothing.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "cgroup/placement.hpp"
#include "identity/bundles.hpp"
#include "identity/command_line.hpp"
#include "identity/evidence.hpp"
#include "identity/lists.hpp"
#include "identity/users.hpp"
#include "procfs/proc_root.hpp"

namespace kcommons::identity {

// A process, for good: its number may be used again.
struct ProcessName {
  Pid pid;
  std::uint64_t start_time = 0;  // clock ticks since boot

  bool operator==(const ProcessName&) const = default;
};

// A process and its parent in one cgroup.
struct Member {
  ProcessName process;
  ProcessName parent;

  bool operator==(const Member&) const = default;
};

// A cgroup in which there are processes.
struct Question {
  std::optional<cgroup::Container> container;  // as its path tells
  std::string cgroup_path;
  std::optional<Uid> session;  // whose user manager or login session it is in
  // Its oldest process, and that one's parent where it stands in another cgroup.
  ProcessName oldest;
  std::optional<ProcessName> parent;
  // Where containers may share a cgroup with each other, or with what looks after them: those that
  // could be the first of one.
  std::vector<Member> members;

  bool operator==(const Question&) const = default;
};

// A process outside of a container that works for it.
struct Helper {
  ProcessName process;
  cgroup::Container container;  // of a pod's shim, its sandbox
};

// A process that is a container's first, in a cgroup that is not the container's alone.
struct Claim {
  ProcessName init;
  Helper helper;  // who says so
  Facts names;
};

struct Answer {
  std::optional<cgroup::Container> container;  // empty: none, as far as anybody tells
  Facts names;
  std::optional<Helper> helper;
  std::vector<Claim> claims;
  Trace trace;
  // False: something that should be there is not, or not yet, or could not be read for a moment.
  bool complete = false;
};

// What was found out of a cgroup.
struct Told {
  std::string cgroup_path;
  std::shared_ptr<const Answer> answer;  // never null
};

class Lookup final {
 public:
  struct Options {
    std::string rootfs = "/";
    std::string procfs = "/proc";
    Roots roots;
    std::set<Source> off;             // not asked
    std::vector<std::string> labels;  // that are kept, of those that containers have
  };
  explicit Lookup(Options options);

  // Before a batch of questions: lists what is there.
  void refresh();
  Answer ask(const Question& question);
  // After a batch: gives back what was read for it.
  void rest() { lists_.refresh(); }
  // The host's, as of the last refresh.
  const std::map<Uid, User>& users() { return lists_.users(); }
  [[nodiscard]] FailureCounts& failures() { return failures_; }

 private:
  class Case;
  void open_procfs();
  // `where` is set to the file that was read, or asked for last.
  Result<std::string> read_first(const std::vector<std::string>& roots, const char* below,
                                 const std::vector<std::string_view>& names,
                                 std::string& where) const;

  Options options_;
  std::optional<procfs::ProcRoot> procfs_;
  FailureCounts failures_;
  std::uint64_t passing_before_ = 0;  // of them, those before this batch
  Bundles bundles_;
  Lists lists_;
};

}  // namespace kcommons::identity
