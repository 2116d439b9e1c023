// What the low-level runtimes keep of a container that runs: which process it begins with, in which
// cgroup. Pure, thread-safe.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "identity/facts.hpp"

namespace kcommons::identity {

// state.json of runc (libcontainer/container.go, BaseState). `id`, process, cgroup and labels.
Result<Facts> parse_runc_state(std::string_view text);

// `status` of crun (libcrun/status.c), which has no id: its folder is called after it.
Result<Facts> parse_crun_status(std::string_view text);

}  // namespace kcommons::identity
