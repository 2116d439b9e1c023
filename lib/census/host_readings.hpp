// What the kernel keeps as one number for the host, and the limits that all users share, out of
// /proc/sys. The files are opened once, so that they can still be read when no descriptor can be
// opened any more. Belongs to one thread.
#pragma once

#include <string>
#include <vector>

#include "census/census.hpp"
#include "procfs/file_reader.hpp"

namespace kcommons::census {

class HostReadings final {
 public:
  // `proc_fd`: the root of a procfs.
  explicit HostReadings(int proc_fd);

  // What cannot be read is left out and counted. A limit that this kernel does not have is left
  // out alone.
  Readings read(Failures& failures);

 private:
  struct LimitFile {
    catalogue::ResourceId resource{};
    Result<procfs::KernelFile> file;
  };

  void read_files(Readings& readings, Failures& failures);

  Result<procfs::KernelFile> file_nr_;
  std::vector<LimitFile> limits_;
  std::string buffer_;
};

}  // namespace kcommons::census
