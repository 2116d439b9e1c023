#include "census/host_readings.hpp"

#include <string_view>
#include <utility>

#include "procfs/sysctl.hpp"

namespace kcommons::census {

namespace {

using catalogue::Limit;
using catalogue::ResourceId;

Reading& of(Readings& readings, ResourceId id) {
  return readings[static_cast<std::size_t>(id)];
}

// "fs.file-max" → "sys/fs/file-max"
std::string path_of(std::string_view sysctl) {
  std::string path = "sys/" + std::string(sysctl);
  for (char& c : path) {
    if (c == '.') c = '/';
  }
  return path;
}

Result<std::uint64_t> read_number(const procfs::KernelFile& file, std::string& buffer) {
  const auto text = file.read(buffer);
  if (!text) return fail(text.error());
  const auto value = procfs::parse_sysctl_u64(*text);
  if (!value) return fail(value.error().during(file.path()));
  return *value;
}

}  // namespace

HostReadings::HostReadings(int proc_fd)
    : file_nr_(procfs::KernelFile::open(proc_fd, "sys/fs/file-nr")) {
  for (const catalogue::Resource& resource : catalogue::kResources) {
    if (resource.scope != catalogue::Scope::kUser) continue;
    auto file = procfs::KernelFile::open(proc_fd, path_of(resource.sysctl));
    const bool missing = !file && file.error().kind() == ErrorKind::kGone;
    if (!missing) limits_.push_back({.resource = resource.id, .file = std::move(file)});
  }
}

void HostReadings::read_files(Readings& readings, Failures& failures) {
  const auto text =
      file_nr_ ? file_nr_->read(buffer_) : Result<std::string_view>(fail(file_nr_.error()));
  const auto file_nr =
      text ? procfs::parse_file_nr(*text) : Result<procfs::FileNr>(fail(text.error()));
  if (!file_nr) {
    failures.count(file_nr.error());
    return;
  }
  of(readings, ResourceId::kOpenFiles) = {.used = file_nr->allocated,
                                          .limit = Limit{file_nr->limit}};
}

Readings HostReadings::read(Failures& failures) {
  Readings readings;
  read_files(readings, failures);
  for (const LimitFile& limit : limits_) {
    const auto value = limit.file ? read_number(*limit.file, buffer_)
                                  : Result<std::uint64_t>(fail(limit.file.error()));
    if (value) {
      of(readings, limit.resource).limit = Limit{*value};
    } else {
      failures.count(value.error());
    }
  }
  return readings;
}

}  // namespace kcommons::census
