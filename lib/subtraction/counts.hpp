// How much of what is in use, as a procfs says. Thread-safe.
#pragma once

#include "base/ids.hpp"
#include "subtraction/testimony.hpp"

namespace kcommons::subtraction {

// Open files, AIO events, threads, pseudo terminals, keys of `uid` and their bytes, memory cgroups,
// loop devices (bound or not) and tracked connections. What cannot be read is empty.
HostCounts read_counts(int proc_fd, Uid uid);

}  // namespace kcommons::subtraction
