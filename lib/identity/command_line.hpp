// /proc/PID/cmdline of a process that looks after a container from outside it: whom it works for.
// Any process may write what it likes there, so what is told is a claim of the process's user.
// Pure, thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "identity/facts.hpp"

namespace kcommons::identity {

enum class Supervisor : std::uint8_t {
  kShim,        // containerd-shim-runc-v2 -namespace NS -id ID; of a pod, ID is its sandbox's
  kConmon,      // of podman and CRI-O: conmon -c ID -n NAME -b BUNDLE
  kLxcMonitor,  // [lxc monitor] PATH NAME
  kNspawn,      // systemd-nspawn -M NAME
};

struct SupervisedBy {
  Supervisor supervisor{};
  // id, container, and pod_namespace where it is containerd's. Of kConmon no runtime: podman and
  // CRI-O both use it.
  Facts facts;
};

// The arguments end with NUL each; a process that has changed its title may have spaces instead.
// Empty for any other program.
std::optional<SupervisedBy> parse_command_line(std::string_view text);

}  // namespace kcommons::identity
