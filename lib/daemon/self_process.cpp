#include "daemon/self_process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "procfs/fd.hpp"
#include "procfs/file_reader.hpp"
#include "procfs/proc_root.hpp"
#include "procfs/process_dir.hpp"
#include "procfs/stat.hpp"

namespace kcommons::daemon {

namespace {

std::optional<std::uint64_t> finite_limit(int resource) {
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return std::nullopt;
  if (limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return limit.rlim_cur;
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void read_memory(const procfs::ProcessDir& self, std::string& buffer,
                 exposition::ProcessStats& stats) {
  // "size resident shared text lib data dt", in pages (proc_pid_statm(5)).
  const auto text = procfs::read_file(self.fd(), "statm", buffer);
  if (!text) return;
  std::string_view rest = text::trim(*text);
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const auto size = text::parse_number<std::uint64_t>(text::take_word(rest));
  const auto resident = text::parse_number<std::uint64_t>(text::take_word(rest));
  if (size) stats.virtual_memory_bytes = *size * page;
  if (resident) stats.resident_memory_bytes = *resident * page;
}

}  // namespace

exposition::ProcessStats read_own_process(WallTime started) {
  exposition::ProcessStats stats;
  stats.start_time_seconds = std::chrono::duration<double>(started.time_since_epoch()).count();
  stats.max_fds = finite_limit(RLIMIT_NOFILE);
  stats.virtual_memory_max_bytes = finite_limit(RLIMIT_AS);
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    stats.cpu_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  }

  // Always the real one, whatever procfs the census is told to read.
  const auto root = procfs::ProcRoot::open("/proc");
  if (!root) return stats;
  const auto self = procfs::ProcessDir::open(*root, Pid(::getpid()));
  if (!self) return stats;
  std::string buffer;
  const auto descriptors = root->counts_by_size() ? procfs::count_fds_by_size(*root, *self)
                                                  : procfs::count_fd_names(*self);
  if (descriptors) stats.open_fds = *descriptors;
  const auto stat = procfs::read_stat(*self, buffer);
  if (stat) stats.threads = static_cast<std::uint64_t>(stat->num_threads);
  read_memory(*self, buffer, stats);
  return stats;
}

}  // namespace kcommons::daemon
