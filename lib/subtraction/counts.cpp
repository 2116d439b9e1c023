#include "subtraction/counts.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/text.hpp"
#include "procfs/cgroups.hpp"
#include "procfs/file_reader.hpp"
#include "procfs/key_users.hpp"
#include "procfs/loadavg.hpp"
#include "procfs/sysctl.hpp"

namespace kcommons::subtraction {

namespace {

using catalogue::ResourceId;
using Count = std::optional<std::uint64_t>;

Count number(Result<std::uint64_t> result) {
  return result ? Count(*result) : Count();
}

Count open_files(std::string_view text) {
  const auto file_nr = procfs::parse_file_nr(text);
  return file_nr ? Count(file_nr->allocated) : Count();
}

Count memory_cgroups(std::string_view text) {
  return procfs::parse_memory_cgroups(text).value_or(Count());
}

// Lines "   7       0 loop0 14 0 28 …" (Documentation/admin-guide/iostats.rst).
Count loop_devices(std::string_view text) {
  std::uint64_t count = 0;
  while (!text.empty()) {
    std::string_view line = text::take_until(text, '\n');
    line = text::trim(line);
    text::take_word(line);
    text::take_word(line);
    if (text::take_word(line).starts_with("loop")) ++count;
  }
  return count;
}

class Reader final {
 public:
  explicit Reader(int proc_fd) : proc_fd_(proc_fd) {}

  template <typename Parse>
  Count read(const char* path, Parse parse) {
    const auto text = procfs::read_file(proc_fd_, path, buffer_);
    return text ? parse(*text) : Count();
  }
  Count sysctl(const char* path) {
    return read(path, [](std::string_view text) { return number(procfs::parse_sysctl_u64(text)); });
  }
  // Keys and their bytes. A user without a row has none.
  std::pair<Count, Count> keys(Uid uid) {
    const auto text = procfs::read_file(proc_fd_, "key-users", buffer_);
    if (!text) return {};
    const auto users = procfs::parse_key_users(*text);
    if (!users) return {};
    const auto row = std::ranges::find(*users, uid, &procfs::KeyUser::uid);
    if (row == users->end()) return {0, 0};
    return {row->keys, row->bytes};
  }

 private:
  int proc_fd_;
  std::string buffer_;
};

}  // namespace

HostCounts read_counts(int proc_fd, Uid uid) {
  HostCounts counts{};
  const auto at = [&counts](ResourceId id) -> Count& { return counts[catalogue::index_of(id)]; };
  Reader reader(proc_fd);
  at(ResourceId::kOpenFiles) = reader.read("sys/fs/file-nr", open_files);
  at(ResourceId::kAioEvents) = reader.sysctl("sys/fs/aio-nr");
  at(ResourceId::kPtys) = reader.sysctl("sys/kernel/pty/nr");
  at(ResourceId::kConntrackEntries) = reader.sysctl("sys/net/netfilter/nf_conntrack_count");
  at(ResourceId::kThreads) = reader.read(
      "loadavg", [](std::string_view text) { return number(procfs::parse_total_threads(text)); });
  at(ResourceId::kMemoryCgroups) = reader.read("cgroups", memory_cgroups);
  at(ResourceId::kLoopDevices) = reader.read("diskstats", loop_devices);
  std::tie(at(ResourceId::kKeys), at(ResourceId::kKeyBytes)) = reader.keys(uid);
  return counts;
}

}  // namespace kcommons::subtraction
