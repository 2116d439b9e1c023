// What podman itself keeps of its containers, in its file of Bolt or, of one container, as JSON
// (libpod/boltdb_state_internal.go, libpod/container_config.go). Podman from version 5 on keeps the
// same JSON in a file of SQLite, which is not read. Pure, thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "identity/facts.hpp"

namespace kcommons::identity {

// Name, image, labels, and the pod by its name. Empty where the file has no container of that id.
// The infra container of a pod is its sandbox: it holds the namespaces.
Result<std::optional<Facts>> find_podman_container(std::string_view file, std::string_view id);

}  // namespace kcommons::identity
