// /proc/PID/limits: of its rows those that bound what containers share (proc(5), getrlimit(2)).
// Pure parser; the reader is thread-safe for distinct buffers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "procfs/process_dir.hpp"

namespace kcommons::procfs {

// Soft limits; empty: unlimited. All of these rows are demanded, for the kernel always has them,
// and one that were missing would read as unlimited.
struct Limits {
  std::optional<std::uint64_t> open_files;           // RLIMIT_NOFILE
  std::optional<std::uint64_t> open_files_hard;      // the same, as far as it may be raised
  std::optional<std::uint64_t> processes;            // RLIMIT_NPROC, of the real UID
  std::optional<std::uint64_t> locked_memory_bytes;  // RLIMIT_MEMLOCK
  std::optional<std::uint64_t> pending_signals;      // RLIMIT_SIGPENDING, of the real UID
  std::optional<std::uint64_t> mqueue_bytes;         // RLIMIT_MSGQUEUE, of the real UID
};

Result<Limits> parse_limits(std::string_view text);
// A process that ends while it is read leaves the file empty: that is kGone.
Result<Limits> read_limits(const ProcessDir& process, std::string& buffer);

}  // namespace kcommons::procfs
