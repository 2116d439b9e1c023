// Evidence of a container's name: which kind of source, where, and what it gave. A name can be
// explained line by line from it. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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
  kMachined,      // /run/systemd/machines
};
inline constexpr std::size_t kSourceCount = 9;
std::string_view name_of(Source source);  // "cgroup", "bundle", …

struct Evidence {
  Source source{};
  std::string where;  // a file, or "process 512"
  Facts facts;        // what it gave
  std::string error;  // why it gave nothing; empty where it did
};
using Trace = std::vector<Evidence>;

// Where the evidence lies: folders below the root of the host, as the configuration has them.
struct Roots {
  std::vector<std::string> docker{"/var/lib/docker"};
  std::vector<std::string> containerd{"/run/containerd", "/run/docker/containerd/daemon",
                                      "/run/k3s/containerd"};
  std::vector<std::string> runc{"/run/runc"};
  std::vector<std::string> crun{"/run/crun"};
  std::vector<std::string> crio{"/run/containers/storage"};
  std::vector<std::string> podman{"/var/lib/containers/storage"};
  std::vector<std::string> machines{"/run/systemd/machines"};
};

}  // namespace kcommons::identity
