// What is made to fail. Each is a world, a source that reads it, and what is made of that.
#pragma once

#include <memory>

#include "matrix.hpp"

namespace kcommons::test {

// Of a tree of files: what a source reads at each pass; what it reads when it is opened; what the
// namer's thread reads of the names of containers and users.
std::unique_ptr<Subject> make_reading();
std::unique_ptr<Subject> make_start();
std::unique_ptr<Subject> make_names();
// Of this machine, and throw where it is not to be had: what procfs has and no tree of files; the
// walks of the BPF programs.
std::unique_ptr<Subject> make_kernel_reading();
std::unique_ptr<Subject> make_bpf_reading();

}  // namespace kcommons::test
