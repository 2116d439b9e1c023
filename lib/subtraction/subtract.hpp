// Asking the kernel: a child goes into fresh namespaces and tells what it finds, this process looks
// at the host meanwhile.
#pragma once

#include <chrono>
#include <string>

#include "base/result.hpp"
#include "subtraction/subtraction.hpp"

namespace kcommons::subtraction {

struct SubtractOptions {
  std::string procfs = "/proc";      // the host's, of the PID namespace that this process is in
  std::chrono::seconds timeout{60};  // for all of it
};

// The subtraction, done live. Nothing of the host is changed: no sysctl is written outside the
// fresh namespaces, and inside as root of a user namespace whose owner is an unprivileged UID. Root
// takes a UID for it that nobody has; others use their own. What the child takes (a few hundred
// files, some processes, keys, pipes, namespaces; all small) is given back when it ends, and it
// ends with this thread too.
//
// Errors: a step that the kernel refused, "make a user namespace as UID 1000: Operation not
// permitted"; no answer in time.
//
// Forks, and the child goes on as this program: to be called by a process that has one thread.
Result<Subtraction> subtract(const SubtractOptions& options = {});

}  // namespace kcommons::subtraction
