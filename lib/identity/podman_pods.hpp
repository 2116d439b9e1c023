// bolt_state.db of podman before 5: which of its containers are in which pod, and which is a pod's
// infra container. It is the one file that says what a pod is called: the annotation of its members
// has an id, and the infra container's hostname is another name where --hostname or --share say so
// (libpod/boltdb_state_internal.go). Pure, thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "identity/facts.hpp"

namespace kcommons::identity {

// By the container's id: pod, and whether it is the pod's sandbox. Containers in no pod are left
// out.
Result<std::map<std::string, Facts>> parse_podman_pods(std::string_view file);

}  // namespace kcommons::identity
