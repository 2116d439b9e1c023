// The census by BPF iterators: the kernel's own books, read under RCU, so that no process that is
// looked at ever waits. Holdings are exact; what the walk cannot see (files that only the kernel
// holds, processes that are hidden from it) is counted by cause as far as it can be.
//
// Not thread-safe: it belongs to the thread that samples.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "bpf/programs.hpp"
#include "census/bpf_books.hpp"
#include "census/bpf_mappings.hpp"
#include "census/host_readings.hpp"
#include "census/network_reader.hpp"
#include "census/placements.hpp"
#include "census/source.hpp"
#include "cgroup/layouts.hpp"
#include "procfs/proc_root.hpp"

namespace kcommons::census {

class BpfSource final : public Source {
 public:
  struct Options {
    std::string procfs = "/proc";  // must be of this PID namespace, the initial one
    std::string sysfs = "/sys";
    cgroup::Layouts layouts;
    BpfMappings::Options mappings;
    // Kept ready for when no descriptor can be opened, over holdings and mappings together.
    std::size_t walks_ready = 0;
  };

  // Loads the programs; the error says what stands against it. `clock` must outlive the source.
  static Result<std::unique_ptr<BpfSource>> open(Options options, const Clock& clock);

  Result<PoolsReading> read_pools() override;
  Result<Census> take_census(const std::stop_token& stop) override;
  void configure(SourceSettings settings) override;

 private:
  BpfSource(procfs::ProcRoot root, std::unique_ptr<bpf::Programs> programs, Options options,
            const Clock& clock);

  void keep_walks_ready(std::size_t walks);
  Result<void> walk_pools(PoolsReading& reading);
  Result<void> walk_mappings(const BpfBooks& books, const std::stop_token& stop);
  void count_hidden(const std::vector<Pid>& listed, const BpfBooks& books, Census& census);
  Result<void> count_hidden_threads(Pid pid, Census& census);
  void add_loop_devices(Census& census) const;

  procfs::ProcRoot root_;
  std::unique_ptr<bpf::Programs> programs_;
  Options options_;
  const Clock& clock_;
  HostReadings host_;
  NetworkReader network_;
  Placements placements_;
  BpfMappings mappings_;
  std::vector<Pid> pids_;
  std::string buffer_;
};

}  // namespace kcommons::census
