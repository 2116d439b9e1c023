// Who is in a cgroup, by all that the host tells: one question, one answer, with the trace of what
// was asked. Reads files and /proc at each call, so it is asked off the sampler's thread. Belongs
// to one thread.
//
// The cgroup path is the kernel's word and comes first: whatever else says that a process is in a
// container whose cgroup it is not in is not believed. What users may write themselves, command
// lines and mounts, counts where the path tells nothing.
#pragma once

#include <map>
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
#include "procfs/proc_root.hpp"

namespace kcommons::identity {

// A cgroup in which there are processes.
struct Question {
  std::optional<cgroup::Container> container;  // as its path tells
  std::string cgroup_path;
  std::optional<Uid> session;  // whose user manager or login session it is in
  // Its oldest process, and that one's parent where it stands in another cgroup.
  Pid oldest;
  std::uint64_t oldest_start_time = 0;
  std::optional<Pid> parent;
  std::uint64_t parent_start_time = 0;

  bool operator==(const Question&) const = default;
};

// A process outside of a container that works for it.
struct Helper {
  Pid pid;
  std::uint64_t start_time = 0;
  cgroup::Container container;  // of a pod's shim, its sandbox
};

struct Answer {
  std::optional<cgroup::Container> container;  // empty: none, as far as anybody tells
  Facts names;
  std::optional<Helper> helper;
  Trace trace;
  bool complete = false;  // false: something that should be there is not, or not yet
};

class Lookup final {
 public:
  struct Options {
    std::string rootfs = "/";
    std::string procfs = "/proc";
    Roots roots;
    std::set<Source> off;  // not asked
  };
  explicit Lookup(Options options);

  // Before a batch of questions: lists what is there.
  void refresh();
  Answer ask(const Question& question);
  // Reads that failed, by source, since the start.
  [[nodiscard]] const std::map<Source, std::uint64_t>& failures() const { return failures_; }

 private:
  class Case;
  Result<Facts> read_docker(std::string_view id, std::string& where) const;
  Result<Facts> read_crio(std::string_view id, std::string& where) const;
  const Facts* find_podman(std::string_view id, std::optional<Uid> session, std::string& where);
  void read_podman(const std::string& root);

  Options options_;
  std::optional<procfs::ProcRoot> procfs_;
  Bundles bundles_;
  std::map<std::string, std::map<std::string, Facts>> podman_;  // by file, then id
  std::map<Source, std::uint64_t> failures_;
};

}  // namespace kcommons::identity
