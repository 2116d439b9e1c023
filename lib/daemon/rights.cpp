#include "daemon/rights.hpp"

namespace kcommons::daemon {

namespace {

// Neither of the two helps without the other.
std::string missing_for_bpf(const Rights& rights) {
  if (rights.sys_admin || (rights.bpf && rights.perfmon)) return "";
  if (rights.bpf) return "CAP_PERFMON";
  return rights.perfmon ? "CAP_BPF" : "CAP_BPF,CAP_PERFMON";
}

constexpr const char* kNames =
    "the names of containers, which runtimes and their users keep to themselves";

std::string unseen_by_listing(const Sight& sight) {
  std::string unseen = std::string(kNames) + "; of other users' processes, ";
  if (!sight.counts_by_size) unseen += "the number of descriptors, ";
  return unseen + "the types of descriptors, and inotify instances without watches";
}

void add_for_procfs(const Sight& sight, const Rights& rights, std::vector<MissingRight>& missing) {
  const std::string for_bpf = missing_for_bpf(rights);
  if (sight.wanted_bpf && !for_bpf.empty()) {
    missing.push_back({for_bpf, "exact holdings, and those of most resources at all"});
  }
  if (!rights.sys_ptrace) {
    missing.push_back({"CAP_SYS_PTRACE",
                       "of other users' processes, inotify instances and watches, which pools they "
                       "are charged to, and which descriptors are one file"});
  }
  if (!rights.dac_read_search) missing.push_back({"CAP_DAC_READ_SEARCH", unseen_by_listing(sight)});
}

}  // namespace

std::vector<MissingRight> missing_rights(const Sight& sight, const Rights& rights) {
  std::vector<MissingRight> missing;
  if (sight.source == "procfs") add_for_procfs(sight, rights, missing);
  if (sight.source == "bpf" && !rights.dac_read_search) {
    missing.push_back({"CAP_DAC_READ_SEARCH", kNames});
  }
  return missing;
}

}  // namespace kcommons::daemon
