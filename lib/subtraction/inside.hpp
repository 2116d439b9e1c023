// What is asked from inside the fresh namespaces: by PID 1 of the PID namespace, which is root of
// the user namespace, has nobody beside it and ends when all is said. Whatever it takes is given
// back by the kernel when it ends: nothing here closes or frees what it holds.
#pragma once

#include <string_view>

#include "base/ids.hpp"
#include "subtraction/talk.hpp"

namespace kcommons::subtraction {

struct Inside {
  Talk talk;
  int proc = -1;       // a procfs of the fresh namespaces
  int host_proc = -1;  // the host's, as it was opened outside
  // Nobody else has this UID, so that what is taken of its pools is missed by nobody.
  bool is_throw_away = false;
};

// The whole conversation: sysctls, counts, charges, and that it is done.
void say_all(const Inside& inside);

// Of every limit: its value, whether it can be written, and whether it can be changed. All that can
// be are changed at one time, and the host is asked to look at its own.
void look_at_sysctls(const Inside& inside);

// Takes units of what is counted for the whole host and asks the host to look before and after.
void ask_counts(const Inside& inside);

// Finds out who is charged for what has no count that can be read: with a user namespace in the
// fresh one, so that the fresh one stands for the host and can be given small limits.
void ask_charges(const Inside& inside);

}  // namespace kcommons::subtraction
