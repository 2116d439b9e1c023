// The daemon's own process, for the process_ metrics that Prometheus users expect (see "Writing
// client libraries", process metrics). Its files are opened at the start, so that they can still be
// read when no descriptor can be opened any more. Belongs to one thread; what cannot be read is
// left out.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "exposition/self_metrics.hpp"
#include "procfs/file_reader.hpp"
#include "procfs/proc_root.hpp"
#include "procfs/process_dir.hpp"

namespace kcommons::daemon {

class OwnProcess final {
 public:
  explicit OwnProcess(WallTime started);
  exposition::ProcessStats read();

 private:
  void read_memory(exposition::ProcessStats& stats);

  WallTime started_;
  Result<procfs::ProcRoot> root_;
  Result<procfs::ProcessDir> self_;
  Result<procfs::KernelFile> stat_;
  Result<procfs::KernelFile> statm_;
  std::string buffer_;
};

}  // namespace kcommons::daemon
