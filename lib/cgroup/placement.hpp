// What a process's cgroup says about whom it belongs to: a container, or a unit of the host.
// Plain values without a lock or an owner. Every text in them is as the kernel gave it, that is
// hostile: any byte but NUL and newline may stand in it, and a decoded name may even hold a '/'.
// It is made safe where it is shown, and must not be used as part of a file's path unchecked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kcommons::cgroup {

// Who made the container. kOci is a container whose maker the path does not tell.
enum class Runtime : std::uint8_t {
  kDocker,
  kContainerd,
  kContainerdCri,
  kCriO,
  kPodman,
  kLxc,
  kSystemdNspawn,
  kLibvirt,
  kRunc,
  kCrun,
  kBuildkit,
  kOci,
};

// The value of the label `runtime`: docker, containerd, containerd-cri, …
std::string_view name_of(Runtime runtime);
std::optional<Runtime> runtime_from_name(std::string_view name);
// All names, separated by ", ", for messages that say what was expected.
std::string runtime_names();

enum class Role : std::uint8_t {
  kWorkload,
  kRuntime,  // conmon, lxc monitor, nspawn supervisor: works for the container from outside it
};

// The value of the label `role`: workload or runtime.
std::string_view name_of(Role role);

struct Container {
  Runtime runtime = Runtime::kOci;
  std::string id;    // for lxc, nspawn and libvirt the name
  std::string name;  // what the path alone tells: for lxc, nspawn and libvirt
  std::string
      pod_uid;        // of the Kubernetes pod right around it, with '-' also where systemd has '_'
  std::string qos;    // guaranteed, burstable or besteffort; empty without a pod or when unseen
  std::string space;  // containerd's namespace, for containers that have their id from it

  bool operator==(const Container&) const = default;
};

// Unlike for any two containers of one runtime: "4f2a…", "green/web", since containerd may have
// "blue/web" too.
std::string key_of(const Container& container);

struct Placement {
  std::optional<Container> container;  // the innermost one
  std::optional<Container> parent;     // the next outer container that is another one
  Role role = Role::kWorkload;
  std::string unit;   // of the host, raw; empty when there is a container, else never empty
  std::string slice;  // the host's slice around the unit or container; empty when there is none
  std::optional<std::uint32_t> session_uid;  // whose user manager or login session it is in
  std::string path;  // of the line that decided, without leading "/.." and trailing " (deleted)"
  bool deleted = false;            // the process outlived its cgroup
  bool outside_namespace = false;  // a leading "/..": the reader has a cgroup namespace of its own

  bool operator==(const Placement&) const = default;
};

}  // namespace kcommons::cgroup
