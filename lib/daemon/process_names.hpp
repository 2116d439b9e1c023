// What processes are called, asked when it is to be shown: a census does not keep it.
#pragma once

#include <optional>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "procfs/proc_root.hpp"
#include "report/explain.hpp"
#include "report/top.hpp"

namespace kcommons::daemon {

// The name that a process has given itself, raw, fifteen bytes at most (PR_SET_NAME of prctl(2)).
// Empty when it has ended: `start_time`, in clock ticks since boot, tells it from another one that
// has its PID by now.
std::optional<std::string> command_of(const procfs::ProcRoot& procfs, Pid pid,
                                      std::uint64_t start_time);

// The commands of the processes that are shown. An error where the procfs cannot be opened; one
// that is gone has none.
Result<void> name_processes(const std::string& procfs, report::Top& top);
Result<void> name_processes(const std::string& procfs, report::Explanation& explanation);

}  // namespace kcommons::daemon
