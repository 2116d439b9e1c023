// config.v2.json, which dockerd keeps for each container (container/container.go of moby). Pure,
// thread-safe.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "identity/facts.hpp"

namespace kcommons::identity {

// Pod, namespace and container of Kubernetes stand in labels where cri-dockerd made the container;
// anybody may set such labels, so Facts::pod_uid must be held against the cgroup path before they
// are believed.
Result<Facts> parse_docker_config(std::string_view text);

}  // namespace kcommons::identity
