// Evidence of a container's name: which kind of source, where, and what it gave. A name can be
// explained line by line from it. Plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "identity/facts.hpp"

namespace kcommons::identity {

enum class Source : std::uint8_t {
  kCgroup,        // the path itself
  kBundle,        // config.json of an OCI bundle of containerd
  kRuntimeState,  // what runc or crun keeps
  kDocker,        // config.v2.json of dockerd
  kCriO,          // config.json of CRI-O
  kPodman,        // containers.json of containers/storage
  kParent,        // the command line of the process that looks after it
  kMounts,        // files that a runtime mounts over those of /etc
  kMachines,      // /run/systemd/machines
  kKubeletLogs,   // links in /var/log/containers
};
inline constexpr std::size_t kSourceCount = 10;
// All but kCgroup, which a census reads.
inline constexpr std::array kFallibleSources{
    Source::kBundle, Source::kRuntimeState, Source::kDocker,   Source::kCriO,       Source::kPodman,
    Source::kParent, Source::kMounts,       Source::kMachines, Source::kKubeletLogs};
std::string_view name_of(Source source);  // "cgroup", "bundle", …
std::optional<Source> find_source(std::string_view name);

struct Evidence {
  Source source{};
  std::string where;  // a file, or "process 512"
  Facts facts;        // what it gave
  std::string error;  // why it gave nothing; empty where it did
};
using Trace = std::vector<Evidence>;

// Where the evidence lies: folders below the root of the host, as the configuration has them.
struct Roots {
  std::vector<std::string> docker;      // has containers/ID/config.v2.json
  std::vector<std::string> containerd;  // has io.containerd.runtime.v2.task/SPACE/ID/config.json
  std::vector<std::string> runc;        // has ID/state.json
  std::vector<std::string> crun;        // has ID/status
  std::vector<std::string> cri_o;       // has overlay-containers/ID/userdata/config.json
  std::vector<std::string> podman;    // has overlay-containers/containers.json, or vfs-containers/
  std::vector<std::string> machines;  // has files that are called after machines
  std::vector<std::string> kubelet_logs;  // has POD_NAMESPACE_CONTAINER-ID.log
};

// Reads that failed for another reason than nothing being there, since the start.
class FailureCounts final {
 public:
  // That something is not there is no failure.
  void count(Source source, const Error& error);
  void add(const FailureCounts& others);
  [[nodiscard]] std::uint64_t of(Source source) const {
    return counts_.at(static_cast<std::size_t>(source));
  }
  // Of them, those that say nothing against the file, and that another read may not meet.
  [[nodiscard]] std::uint64_t passing() const { return passing_; }
  // Whether any since the last call was for want of descriptors or memory.
  bool take_starved() { return std::exchange(starved_, false); }

 private:
  std::array<std::uint64_t, kSourceCount> counts_{};
  std::uint64_t passing_ = 0;
  bool starved_ = false;
};

}  // namespace kcommons::identity
