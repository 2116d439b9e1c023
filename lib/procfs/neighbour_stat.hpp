// /proc/net/stat/arp_cache and ndisc_cache: of them how many entries the table of neighbours has,
// of all network namespaces (net/core/neighbour.c, neigh_stat_seq_show). Only the initial network
// namespace has the files. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace kcommons::procfs {

// One heading and a line for each CPU, of hexadecimal numbers; the column "entries" is the same on
// all. Permanent entries are among them, which gc_thresh3 does not bound.
Result<std::uint64_t> parse_neighbour_entries(std::string_view text);

}  // namespace kcommons::procfs
