// The part of the questions about charges that goes: one user namespace fills a pool, does another
// one of the same UID feel it? And what they share with the rest of those questions.
#pragma once

#include <functional>

#include "subtraction/inside.hpp"

namespace kcommons::subtraction {

// A child does it, with the root of the fresh procfs as its working directory, and ends: the kernel
// takes back all that it took. Returns then.
void in_a_child(const Inside& inside, const std::function<void()>& act);

// Descriptors in flight, memory pinned for io_uring, pages of pipes.
void ask_fills(const Inside& inside);

}  // namespace kcommons::subtraction
