// /proc/PID/stat: one record of numbers (proc(5)). Pure parser; the reader is thread-safe for
// distinct buffers. Any text that is not whole is malformed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "procfs/process_dir.hpp"

namespace kcommons::procfs {

struct Stat {
  Pid pid;
  std::string comm;  // raw bytes, chosen by the process
  char state = '?';
  Pid ppid;  // 0 where the parent is outside the PID namespace of the procfs
  std::uint32_t flags = 0;
  std::int64_t num_threads = 0;  // the leader counts, even as a zombie
  std::uint64_t start_time = 0;  // clock ticks since boot, field 22

  [[nodiscard]] bool is_kernel_thread() const;
  // Dead, but not waited for. The leader of a process whose other threads live is one as well:
  // look at num_threads.
  [[nodiscard]] bool is_zombie() const { return state == 'Z' || state == 'X'; }
};

Result<Stat> parse_stat(std::string_view text);
Result<Stat> read_stat(const ProcessDir& process, std::string& buffer);

// A thread that lives on where the leader has ended: it still has what a task gives up at its end,
// its namespaces and, in version 1, its cgroups (do_exit of kernel/exit.c). Gone where none does.
Result<ProcessDir> living_thread(const ProcessDir& process, std::string& buffer);

}  // namespace kcommons::procfs
