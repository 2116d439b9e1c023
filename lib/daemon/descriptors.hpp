// Room for the descriptors that are opened ahead (config::Config::Reserve).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "base/result.hpp"
#include "config/config.hpp"

namespace kcommons::daemon {

// What can be had of `wanted` where a process may have `limit` descriptors: at most half of them,
// in the same proportion. Pure.
config::Config::Reserve fit_reserve(const config::Config::Reserve& wanted, std::uint64_t limit);

// Raises the soft limit of this process's descriptors (RLIMIT_NOFILE, getrlimit(2)) to what it
// needs beside the reserve, as far as the hard limit allows. Returns the limit in force then.
Result<std::uint64_t> raise_descriptor_limit(const config::Config::Reserve& wanted);

// Tells how many files more than fs.file-max the host has open, by a file that is opened now; 0
// where it cannot be read. For one thread.
std::function<std::size_t()> files_over_limit(const std::string& procfs);

}  // namespace kcommons::daemon
