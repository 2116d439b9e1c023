// config.json of an OCI bundle (OCI runtime specification, config.md): the cgroup that was asked
// for and the annotations in which CRI plugins, podman and nerdctl leave names. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "identity/facts.hpp"

namespace kcommons::identity {

// Whoever starts a container with Docker may give it any annotation, so those of Kubernetes count
// only where a CRI plugin made the bundle.
enum class Annotations : bool { kOfAnybody, kOfCri };

// Facts::cgroup_path is a path, also where the configuration says "slice:prefix:name".
Result<Facts> parse_oci_config(std::string_view text, Annotations trust);

// "system.slice:docker:4f…" → "/system.slice/docker-4f….scope", "a-b.slice:p:n" →
// "/a.slice/a-b.slice/p-n.scope", "/docker/4f…" as it stands; empty where it is neither, or
// where the slice has a longer name than a unit may have (runc's docs/systemd.md).
std::string cgroup_path_of(std::string_view cgroups_path);

}  // namespace kcommons::identity
