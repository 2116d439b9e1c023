// Cgroups out of the records of a BPF walk, written as /proc/PID/cgroup writes them, so that one
// matcher serves both sources. Unlike that file, the records know nothing of the reader's cgroup
// namespace: paths are the host's, and whole. Values; one walk, one thread.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "bpf/records.hpp"

namespace kcommons::census {

class BpfCgroups final {
 public:
  void take(const bpf::CgroupRecord& record);
  void take(const kc_css_set& record);

  // One line for each hierarchy that says something about containers: cgroup2, memory, pids and
  // name=systemd. Empty for a set that was not told.
  [[nodiscard]] std::string text_of_set(std::uint64_t css_set) const;
  // The same of one cgroup. `flags` are of enum kc_hierarchy_flags.
  [[nodiscard]] std::string text_of_cgroup(std::uint64_t cgroup, std::uint32_t flags) const;

 private:
  struct Directory {
    std::uint64_t parent = 0;
    std::string name;
  };
  void append_path(std::uint64_t cgroup, std::string& out) const;
  void append_line(const kc_membership& in, std::string& out) const;

  std::unordered_map<std::uint64_t, Directory> directories_;
  std::unordered_map<std::uint64_t, kc_css_set> sets_;
};

}  // namespace kcommons::census
