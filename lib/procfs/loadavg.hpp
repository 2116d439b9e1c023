// /proc/loadavg: of it the number of all threads of the host, which kernel.threads-max bounds
// (proc(5)). It counts those in other PID namespaces too, so it tells how many a listing does not
// show. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace kcommons::procfs {

// "0.00 0.12 0.12 2/88 5849\n" gives 88.
Result<std::uint64_t> parse_total_threads(std::string_view loadavg_text);

}  // namespace kcommons::procfs
