// Which capability buys what: what the daemon does not see for want of one.
// deploy/systemd/README.md has the same as a table, with what was measured.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kcommons::daemon {

// The capabilities that show something, as far as they are permitted (own_rights in
// privileges.hpp).
struct Rights {
  bool bpf = false;
  bool perfmon = false;
  bool sys_admin = false;  // stands for these two as well
  bool sys_ptrace = false;
  bool dac_read_search = false;
};

struct Sight {
  std::string_view source;  // bpf or procfs
  bool wanted_bpf = false;  // auto, so that procfs is the second choice
  // The kernel tells the number of descriptors without a right (Linux 6.2 and later).
  bool counts_by_size = false;
};

struct MissingRight {
  std::string capabilities;  // as capabilities(7) writes them
  std::string unseen;        // what is not seen without
};

// Every one that would show more and is not there, the most telling first. Pure.
std::vector<MissingRight> missing_rights(const Sight& sight, const Rights& rights);

}  // namespace kcommons::daemon
