#include "cgroup/placement.hpp"

#include <array>
#include <utility>

namespace kcommons::cgroup {

namespace {

using NamedRuntime = std::pair<Runtime, std::string_view>;

constexpr std::array<NamedRuntime, 12> kRuntimes{{
    {Runtime::kDocker, "docker"},
    {Runtime::kContainerd, "containerd"},
    {Runtime::kContainerdCri, "containerd-cri"},
    {Runtime::kCriO, "cri-o"},
    {Runtime::kPodman, "podman"},
    {Runtime::kLxc, "lxc"},
    {Runtime::kSystemdNspawn, "systemd-nspawn"},
    {Runtime::kLibvirt, "libvirt"},
    {Runtime::kRunc, "runc"},
    {Runtime::kCrun, "crun"},
    {Runtime::kBuildkit, "buildkit"},
    {Runtime::kOci, "oci"},
}};

}  // namespace

std::string_view name_of(Runtime runtime) {
  for (const auto& [value, name] : kRuntimes) {
    if (value == runtime) return name;
  }
  return "oci";
}

std::string key_of(const Container& container) {
  return container.space.empty() ? container.id : container.space + "/" + container.id;
}

std::optional<Runtime> runtime_from_name(std::string_view name) {
  for (const auto& [value, known] : kRuntimes) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::string runtime_names() {
  std::string names;
  for (const auto& [value, name] : kRuntimes) {
    if (!names.empty()) names += ", ";
    names += name;
  }
  return names;
}

std::string_view name_of(Role role) {
  return role == Role::kRuntime ? "runtime" : "workload";
}

}  // namespace kcommons::cgroup
