// The systemd units of the host in a cgroup path (systemd.unit(5), systemd.slice(5)). Pure and
// thread-safe.
//
//   /system.slice/x.service                                   unit x.service, slice system.slice
//   /init.scope                                               unit init.scope, slice -.slice
//   /user.slice/user-7.slice/user@7.service/app.slice/x.service   unit user@7.service/x.service
//   /user.slice                                               unit user.slice, slice -.slice
//   /any/thing                                                unit /any/thing, no slice
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cgroup/path.hpp"

namespace kcommons::cgroup {

struct HostUnit {
  std::string name;   // the deepest unit, else the deepest slice, else the whole path; never empty
  std::string slice;  // the deepest above it; "-.slice" for a unit or slice at the root
};

HostUnit host_unit(const Path& path);

// The name of the deepest slice; empty when there is none.
std::string deepest_slice(Components components);

// The user of user@UID.service or user-UID.slice.
std::optional<std::uint32_t> session_uid(Components components);

}  // namespace kcommons::cgroup
