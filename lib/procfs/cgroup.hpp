// /proc/PID/cgroup: where the process stands in each cgroup hierarchy, as raw text (cgroups(7)).
// Readable by everybody. What the lines mean is the business of lib/cgroup. Thread-safe for
// distinct buffers.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "procfs/process_dir.hpp"

namespace kcommons::procfs {

// The view points into `buffer`. The paths in it are relative to the reader's cgroup namespace. A
// text whose last line does not end is malformed: its path may be that of another cgroup. So is one
// without any line of a hierarchy; but it may be empty, where no hierarchy is mounted.
Result<std::string_view> read_cgroup(const ProcessDir& process, std::string& buffer);

}  // namespace kcommons::procfs
