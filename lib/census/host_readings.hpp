// What the kernel keeps as one number for the host, and the limits that all users share, out of
// /proc: which file has which is a table in host_readings.cpp. The files are kept open, so that
// they can still be read when no descriptor can be opened any more. Belongs to one thread.
//
// Files below net/ are those of the reader's own network namespace, and half of them exist in the
// initial one alone: a reader in another one has no pools of the network.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalogue/catalogue.hpp"
#include "census/census.hpp"
#include "census/drop_counters.hpp"
#include "procfs/file_reader.hpp"
#include "procfs/loop_devices.hpp"

namespace kcommons::census {

class HostReadings final {
 public:
  enum class Part : std::uint8_t {
    kUsed,
    kLimit,
    kPtyReserve,  // the part of the limit that is the host's own
  };
  // A file may not have a value that its reader asks for: an empty optional.
  using Value = Result<std::optional<std::uint64_t>>;
  using Parse = Value (*)(std::string_view text);

  // `proc_fd`: the root of a procfs, open as long as this object lives. `sysfs`: where sysfs is
  // mounted.
  HostReadings(int proc_fd, std::string sysfs);

  // What cannot be read is left out and counted. What this kernel does not have is left out alone.
  Readings read(Failures& failures, CostMeter& cost);
  // The keys of every user, of whom no process may live.
  void read_keys(std::vector<Charge>& charges, Failures& failures, CostMeter& cost);
  // Looks again for the files that were missing: those of a module come when it is loaded. Opens
  // descriptors, so not for every read().
  void open_missing();
  // What takes a walk through directories, and so descriptors: done at construction, kept until it
  // is done again, and on when it then fails for want of descriptors.
  void count_devices(Failures& failures, CostMeter& cost);
  // Empty while they could not be counted.
  [[nodiscard]] std::optional<procfs::LoopDevices> loop_devices() const { return loop_devices_; }
  // As the last read() found it.
  [[nodiscard]] std::vector<CpuDrops> cpu_drops() const { return cpu_drops_.totals(); }

 private:
  struct Field {
    catalogue::ResourceId resource{};
    Part part{};
    Parse parse = nullptr;
  };
  struct File {
    std::string path;
    Result<procfs::KernelFile> file;
    std::vector<Field> fields;
  };

  void add_field(std::string path, Field field);
  static bool tells_use(const std::vector<Field>& fields);
  void read_file_nr(Readings& readings, Failures& failures);
  void read_fields(File& file, Readings& readings, Failures& failures);
  void read_backlog(Readings& readings, Failures& failures);
  void add_fixed_limits(Readings& readings) const;

  int proc_fd_;
  Result<procfs::KernelFile> file_nr_;
  Result<procfs::KernelFile> key_users_;
  Result<procfs::KernelFile> softnet_stat_;
  std::vector<File> files_;
  std::string sysfs_;
  CpuDropCounters cpu_drops_;
  std::optional<procfs::LoopDevices> loop_devices_;
  std::optional<std::uint64_t> bridge_ports_;  // of the fullest bridge
  std::optional<std::uint64_t> pty_reserve_;
  std::string buffer_;
};

}  // namespace kcommons::census
