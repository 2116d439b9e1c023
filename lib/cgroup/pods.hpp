// Kubernetes pods in cgroup paths, as the kubelet names them with either of its cgroup drivers
// (pkg/kubelet/cm/pod_container_manager_linux.go). Pure and thread-safe.
//
//   /kubepods/burstable/pod0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0       cgroupfs
//   /kubepods/podd4f1…                                               guaranteed: no class level
//   …/kubepods-besteffort-pod0f1e2d3c_4b5a_6978_8796_a5b4c3d2e1f0.slice   systemd
//   …/kubelet-kubepods-pod0f1e….slice                                systemd, below a root slice
//   kubepods-pod0f1e….slice:cri-containerd:<id>    systemd's name as a runtime on cgroupfs uses it
//
// The UID of a static pod is 32 hex digits and not a UUID.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cgroup/path.hpp"

namespace kcommons::cgroup {

struct Pod {
  std::string uid;
  std::string_view qos;  // empty when the level that would tell is not in sight
};

// The pod of which the last component is the cgroup; nothing when it is not a pod's.
std::optional<Pod> pod_at(Components components);

}  // namespace kcommons::cgroup
