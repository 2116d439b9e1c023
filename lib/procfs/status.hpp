// /proc/PID/status: lines "Key:\tvalue" (proc(5)). Pure parser; the reader is thread-safe for
// distinct buffers. Uid and CapEff are demanded, unknown lines are skipped.
//
// Who may be lied to: the name of a task is its own choice and stands on the first line. The
// kernel writes line breaks in it as "\n" (proc_task_name of fs/proc/array.c), tabs raw, so keys
// are taken at the start of a line only, from the second line on. All those lines are the
// kernel's; of two with one key, which it never writes, the first counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "procfs/process_dir.hpp"

namespace kcommons::procfs {

struct Status {
  // As the user namespace of the reader numbers them; 65534 for one that has no number there.
  Uid real_uid;
  Uid effective_uid;
  // Bit N is capability N, in the process's own user namespace.
  std::uint64_t effective_capabilities = 0;
  // PID namespaces from that of the procfs down to the process's own: the entries of NSpid. 1 on
  // a kernel without that line (before 4.1).
  std::size_t pid_namespace_depth = 1;
  // Signals queued for the real UID in its user namespace, of all its processes: the first number
  // of SigQ (sigpending_ucounts of kernel/signal.c). Empty where the line is missing.
  std::optional<std::uint64_t> queued_signals;
};

Result<Status> parse_status(std::string_view text);
Result<Status> read_status(const ProcessDir& process, std::string& buffer);

}  // namespace kcommons::procfs
