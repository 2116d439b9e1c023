// /proc/PID/mountinfo of a container's process: runtimes mount files of their own over
// /etc/hostname and its like, from a folder that is called after the container. Whoever may mount
// within a container can make such mounts up, so this counts only where the cgroup tells nothing.
// Pure, thread-safe.
#pragma once

#include <string_view>

#include "identity/facts.hpp"

namespace kcommons::identity {

// Runtime, id, and pod_uid where kubelet has mounted etc-hosts; all empty where nothing tells. Only
// mount points are looked at that the host itself does not have: in the host's mount namespace the
// folders of all containers may be mounted.
Facts parse_mounts(std::string_view mountinfo);

}  // namespace kcommons::identity
