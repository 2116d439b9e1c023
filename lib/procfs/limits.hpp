// /proc/PID/limits: of its rows the one that bounds open descriptors, RLIMIT_NOFILE (proc(5)).
// Pure parser; the reader is thread-safe for distinct buffers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "procfs/process_dir.hpp"

namespace kcommons::procfs {

struct OpenFilesLimit {
  std::optional<std::uint64_t> soft;  // empty: unlimited
  std::optional<std::uint64_t> hard;
};

Result<OpenFilesLimit> parse_limits(std::string_view text);
// A process that ends while it is read leaves the file empty: that is kGone.
Result<OpenFilesLimit> read_limits(const ProcessDir& process, std::string& buffer);

}  // namespace kcommons::procfs
