#include "daemon/own_process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "procfs/fd.hpp"
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

Result<procfs::ProcessDir> open_self(const Result<procfs::ProcRoot>& root) {
  if (!root) return fail(root.error());
  return procfs::ProcessDir::open(*root, Pid(::getpid()));
}

Result<procfs::KernelFile> open_file(const Result<procfs::ProcessDir>& self, const char* name) {
  if (!self) return fail(self.error());
  return procfs::KernelFile::open(self->fd(), name);
}

}  // namespace

// Always the real procfs, whatever one the census is told to read.
OwnProcess::OwnProcess(WallTime started)
    : started_(started),
      root_(procfs::ProcRoot::open("/proc")),
      self_(open_self(root_)),
      stat_(open_file(self_, "stat")),
      statm_(open_file(self_, "statm")) {}

void OwnProcess::read_memory(exposition::ProcessStats& stats) {
  if (!statm_) return;
  // "size resident shared text lib data dt", in pages (proc_pid_statm(5)).
  const auto text = statm_->read(buffer_);
  if (!text) return;
  std::string_view rest = text::trim(*text);
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const auto size = text::parse_number<std::uint64_t>(text::take_word(rest));
  const auto resident = text::parse_number<std::uint64_t>(text::take_word(rest));
  if (size) stats.virtual_memory_bytes = *size * page;
  if (resident) stats.resident_memory_bytes = *resident * page;
}

exposition::ProcessStats OwnProcess::read() {
  exposition::ProcessStats stats;
  stats.start_time_seconds = std::chrono::duration<double>(started_.time_since_epoch()).count();
  stats.max_fds = finite_limit(RLIMIT_NOFILE);
  stats.virtual_memory_max_bytes = finite_limit(RLIMIT_AS);
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    stats.cpu_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  }
  if (!self_) return stats;
  const auto descriptors = root_->counts_by_size() ? procfs::count_fds_by_size(*root_, *self_)
                                                   : procfs::count_fd_names(*self_);
  if (descriptors) stats.open_fds = *descriptors;
  if (stat_) {
    const auto text = stat_->read(buffer_);
    const auto stat = text ? procfs::parse_stat(*text) : Result<procfs::Stat>(fail(text.error()));
    if (stat) stats.threads = static_cast<std::uint64_t>(stat->num_threads);
  }
  read_memory(stats);
  return stats;
}

}  // namespace kcommons::daemon
