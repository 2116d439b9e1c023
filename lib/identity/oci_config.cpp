#include "identity/oci_config.hpp"

#include "base/text.hpp"
#include "cgroup/path.hpp"
#include "identity/json.hpp"

namespace kcommons::identity {

namespace {

using cgroup::Runtime;

// containerd's CRI plugin (pkg/cri/annotations).
void take_containerd_cri(Facts& facts) {
  const std::string type = label_of(facts, "io.kubernetes.cri.container-type");
  if (type != "container" && type != "sandbox") return;
  facts.runtime = Runtime::kContainerdCri;
  facts.sandbox = type == "sandbox";
  facts.container = label_of(facts, "io.kubernetes.cri.container-name");
  facts.image = label_of(facts, "io.kubernetes.cri.image-name");
  facts.sandbox_id = label_of(facts, "io.kubernetes.cri.sandbox-id");
  facts.pod = label_of(facts, "io.kubernetes.cri.sandbox-name");
  facts.pod_namespace = label_of(facts, "io.kubernetes.cri.sandbox-namespace");
  facts.pod_uid = label_of(facts, "io.kubernetes.cri.sandbox-uid");
}

// CRI-O (pkg/annotations), which names what kubelet asked for by kubelet's own labels.
void take_cri_o(Facts& facts) {
  const std::string type = label_of(facts, "io.kubernetes.cri-o.ContainerType");
  if (type != "container" && type != "sandbox") return;
  facts.runtime = Runtime::kCriO;
  facts.sandbox = type == "sandbox";
  if (type == "container") facts.container = label_of(facts, "io.kubernetes.container.name");
  facts.image = label_of(facts, "io.kubernetes.cri-o.ImageName");
  facts.sandbox_id = label_of(facts, "io.kubernetes.cri-o.SandboxID");
  facts.pod = label_of(facts, "io.kubernetes.pod.name");
  facts.pod_namespace = label_of(facts, "io.kubernetes.pod.namespace");
  facts.pod_uid = label_of(facts, "io.kubernetes.pod.uid");
}

// libpod borrows annotations of CRI-O: SandboxID is the pod of podman.
void take_podman(Facts& facts) {
  facts.runtime = Runtime::kPodman;
  facts.sandbox_id = label_of(facts, "io.kubernetes.cri-o.SandboxID");
}

void take_annotations(Annotations trust, Facts& facts) {
  if (label_of(facts, "io.container.manager") == "libpod") {
    take_podman(facts);
    return;
  }
  if (trust == Annotations::kOfCri) {
    take_containerd_cri(facts);
    if (!facts.runtime) take_cri_o(facts);
  }
  if (facts.container.empty()) facts.container = label_of(facts, "nerdctl/name");
}

// Of a unit (systemd.unit(5)). The path of a slice repeats its name for each of its dashes: a file
// of a mebibyte could ask for one of many gigabytes.
constexpr std::size_t kUnitNameLimit = 255;

// "a-b-c.slice" lies in "a-b.slice", which lies in "a.slice" (systemd.slice(5)).
std::string slice_path(std::string_view slice) {
  constexpr std::string_view kSuffix = ".slice";
  if (slice == "-.slice") return {};
  const std::string_view stem = slice.substr(0, slice.size() - kSuffix.size());
  std::string path;
  for (std::size_t i = 0; i <= stem.size(); ++i) {
    if (i < stem.size() && stem[i] != '-') continue;
    path.append("/").append(stem.substr(0, i)).append(kSuffix);
  }
  return path;
}

}  // namespace

std::string cgroup_path_of(std::string_view cgroups_path) {
  if (cgroups_path.starts_with('/')) return cgroup::parse_path(cgroups_path).text();
  const auto parts = text::split(cgroups_path, ':');
  if (parts.size() != 3) return {};
  const std::string_view slice = parts[0].empty() ? "system.slice" : parts[0];
  const std::string_view name = parts[2];
  if (!slice.ends_with(".slice") || name.empty() || slice.size() > kUnitNameLimit) return {};
  std::string path = slice_path(slice) + '/';
  if (name.ends_with(".slice")) return path.append(name);
  if (!parts[1].empty()) path.append(parts[1]).append("-");
  return path.append(name).append(".scope");
}

Result<Facts> parse_oci_config(std::string_view text, Annotations trust) {
  const auto json = parse_json(text, "parse config.json of a bundle");
  if (!json) return fail(json.error());
  Facts facts;
  facts.labels = texts_at(*json, {"annotations"});
  take_annotations(trust, facts);
  // Not cut as texts are: half a path is another one.
  const Json* const path = find(*json, {"linux", "cgroupsPath"});
  if (path != nullptr && path->is_string()) {
    facts.cgroup_path = cgroup_path_of(path->get_ref<const std::string&>());
  }
  return facts;
}

}  // namespace kcommons::identity
