// What the daemon may not ask of the kernel any more once it has started: to run a program, to
// touch other processes, to mount, to load modules, and more of what it never needs and what would
// be worst in the hands of somebody who has found a fault in it.
//
// A list of what is denied, not of what is allowed: the next libc may use calls that this one does
// not, and would break a daemon that allows only those it knows.
#pragma once

#include "base/result.hpp"

namespace kcommons::daemon {

struct SystemCallNeeds {
  // The source walks by bpf(2), with programs that are loaded already: no other can be.
  bool bpf = false;
  // Sanitizers stop the threads of their own process by ptrace(2) to look for leaks, and run a
  // program that names addresses.
  bool debugging = false;
};

// Denies them to all threads of this process, for good, by a seccomp filter (seccomp(2)). What is
// denied fails with EPERM; calls of another architecture (of 32 bits, on amd64) do too.
// no_new_privs must be set already (drop_privileges). Threads can be started, processes cannot, and
// nothing in a namespace of its own.
//
// An error where the kernel has no such filters, or another thread has one of its own, or on an
// architecture that is neither amd64 nor arm64; nothing is denied then.
Result<void> limit_system_calls(const SystemCallNeeds& needs);

}  // namespace kcommons::daemon
