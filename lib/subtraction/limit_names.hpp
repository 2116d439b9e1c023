// Which sysctls are limits, told by their names, and which of the shared ones nobody contends for.
// Pure, thread-safe.
#pragma once

#include <string_view>

namespace kcommons::subtraction {

// The kernel does not say what of /proc/sys is a limit; names do. "fs.file-max" is one where its
// last part
//  - has "max", "limit", "thresh" or "backlog" in it, ends in "_mem" or "_mlock_kb", ends in the
//    word "soft" or "hard" ("pipe-user-pages-soft"), or is one of nr_open and the old names of
//    System V IPC (shmall, shmmni, msgmnb, msgmni, sem);
//  - and no word of it is a time ("timeout", "interval", "ms", "us", "sec"): that is how long, not
//    how much.
bool names_a_limit(std::string_view sysctl);

// Of a limit that stays shared in fresh namespaces: why it is no row of the catalogue all the same.
// Empty for a limit of which nothing is known.
std::string_view why_no_row(std::string_view sysctl);

// Whether another value may be tried from inside, where the kernel lets it be written at all. Not
// of connection tracking: before Linux 5.13 its sysctls could be written in a network namespace
// though they were one for all (CVE-2021-38209).
bool may_be_changed(std::string_view sysctl);

}  // namespace kcommons::subtraction
