// Values below /proc/sys. Pure parsers, thread-safe; the files themselves are read with KernelFile
// or read_file.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.hpp"

namespace kcommons::procfs {

// "8192\n": one number and nothing else. A negative one is malformed.
Result<std::uint64_t> parse_sysctl_u64(std::string_view text);

// fs.file-nr, "1472\t0\t9223372036854775807\n": allocated, always 0, fs.file-max (proc(5)).
struct FileNr {
  // May exceed the limit: CAP_SYS_ADMIN is not held to it. Kernels up to 6.12 give it from a
  // per-CPU counter without summing, off by up to max(32, 2 x CPUs) x CPUs.
  std::uint64_t allocated = 0;
  // Empty at LONG_MAX and above, which systemd sets: then memory is the only ceiling.
  std::optional<std::uint64_t> limit;
};
Result<FileNr> parse_file_nr(std::string_view text);

}  // namespace kcommons::procfs
