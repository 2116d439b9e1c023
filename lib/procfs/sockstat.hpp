// /proc/net/sockstat: of it what the kernel counts for all network namespaces together: the memory
// of TCP and UDP in pages, and TCP connections that no socket has any more (net/ipv4/proc.c,
// sockstat_seq_show). Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace kcommons::procfs {

// The number after `key` on the line that begins with `protocol`: ("TCP", "orphan") of
// "TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 0".
Result<std::uint64_t> parse_sockstat(std::string_view text, std::string_view protocol,
                                     std::string_view key);

}  // namespace kcommons::procfs
