// Least privilege: what the daemon was given and does not need, it gives up before it listens.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "daemon/rights.hpp"

namespace kcommons::daemon {

// Puts every capability that the calling thread is permitted into force. Those of root and of a
// service manager are; those that the program's file permits (setcap with =p) are not. A file that
// puts them into force itself (=ep) cannot be run where one of them is not to be had: execve(2)
// fails then. So an image with this file starts with whatever `docker run --cap-add` leaves of
// them.
Result<void> use_what_is_permitted();

// Of the calling thread, before it gives any up.
Result<Rights> own_rights();

// Gives up every capability of the calling thread that is not needed, for good: they are not
// permitted any more either, and no program that is run can give them back (no_new_privs). Threads
// made later have no more. Returns the names of those that are kept, separated by ","; "none".
//
// Kept, as far as they are there: with the source bpf, CAP_BPF and CAP_PERFMON (before Linux 6.1
// even a walk that is loaded already asks for them); with procfs, CAP_SYS_PTRACE. With both
// CAP_DAC_READ_SEARCH, for what runtimes and their users keep to themselves, and CAP_SYS_ADMIN,
// which lets files be opened when fs.file-max is reached: that is the moment in which the daemon is
// needed. CAP_NET_BIND_SERVICE where one of `ports`, to be listened on, is below 1024.
Result<std::string> drop_privileges(std::string_view source, std::span<const int> ports);

}  // namespace kcommons::daemon
