// The census from /proc alone: works on every kernel and with any rights, and counts what it
// could not see. Holdings are estimates (see file_books.hpp and inotify_books.hpp).
//
// Not thread-safe: it belongs to the thread that samples.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "census/host_readings.hpp"
#include "census/inotify_books.hpp"
#include "census/network_reader.hpp"
#include "census/process_reader.hpp"
#include "census/source.hpp"
#include "cgroup/layouts.hpp"
#include "procfs/file_reader.hpp"
#include "procfs/proc_root.hpp"

namespace kcommons::census {

class ProcfsSource final : public Source {
 public:
  struct Options {
    std::string root = "/proc";
    std::string sysfs = "/sys";
    cgroup::Layouts layouts;
    InotifyBudget inotify;
  };

  // Fails where the root cannot be opened, or descriptors or memory are short. `clock` must outlive
  // the source.
  static Result<std::unique_ptr<ProcfsSource>> open(Options options, const Clock& clock);

  Result<PoolsReading> read_pools() override;
  Result<Census> take_census(const std::stop_token& stop) override;
  void configure(SourceSettings settings) override;

  // What limits the view from the start, in words for the log; empty when nothing does.
  [[nodiscard]] const std::string& restriction() const { return restriction_; }

 private:
  ProcfsSource(procfs::ProcRoot root, const std::optional<std::string>& hidepid, Options options,
               const Clock& clock);

  Result<std::vector<RawProcess>> walk(Census& census, const std::stop_token& stop);
  // Nothing where the root is no procfs; a read that fails is counted.
  std::optional<std::uint64_t> total_threads(Failures& failures);
  static void add_signals(const std::vector<RawProcess>& processes, Census& census);
  void count_hidden(Census& census, std::optional<std::uint64_t> before);
  Result<procfs::InotifyWatches> read_open_instance(const procfs::ProcessDir& dir, int fd);
  Result<procfs::InotifyWatches> read_watches(const RawProcess& process, const InotifyLink& link);

  procfs::ProcRoot root_;
  Options options_;
  const Clock& clock_;
  bool use_kcmp_;
  std::string restriction_;
  bool hides_processes_ = false;
  std::unique_ptr<FileComparer> comparer_;
  ProcessReader reader_;
  InotifyBooks inotify_;
  std::string buffer_;
  std::vector<Pid> pids_;

  HostReadings host_;
  NetworkReader network_;
  // Open for good, as those of the host are.
  Result<procfs::KernelFile> loadavg_;
};

}  // namespace kcommons::census
