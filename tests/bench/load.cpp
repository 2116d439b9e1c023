// bench_load: processes that hold descriptors, for a census to count.
//
//   bench_load [--processes N] [--descriptors N] [--mix null|mixed] [--inotify-instances N]
//              [--watches N] [--containers N] [--uid U]
//
// Makes N processes with so many descriptors each. The inotify instances come on top of that, dealt
// out over the processes, with so many watches each; the processes are dealt out over cgroups that
// look like those of Docker containers; with --uid they run as that user. When all is there, one
// line on stdout:
//
//   ready DESCRIPTORS FILES
//
// DESCRIPTORS is what a walk over /proc/PID/fd of this process and its children finds, FILES how
// many open files of the kernel (struct file) this program has added by opening them; what is only
// mapped, as programs and libraries are, is in neither. Then it waits until its stdin closes or
// SIGTERM comes, ends the processes, removes cgroups and files, and exits 0.
//
// No sysctl is changed. Where a limit is in the way, or the cgroups cannot be made, it fails: a
// load that is not the one asked for would make wrong numbers. Exit status: 1 when something
// failed, 2 for a wrong command line. `--remove-leftovers` removes cgroups of a load that was
// killed.
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "descriptors.hpp"
#include "options.hpp"
#include "surroundings.hpp"

namespace {

using bench::Options;
using bench::throw_errno;

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr std::string_view kOpenedAll = "ready\n";

// How many descriptors this process has; the one that is needed to count them is not counted.
unsigned own_descriptors() {
  unsigned count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count - 1;
}

// Asked for before anything is made, so that a load that cannot be is refused at once.
void allow_descriptors(const Options& options) {
  // One more than it keeps: the pipe on which it says that it is ready.
  const std::uint64_t needed = std::uint64_t{bench::descriptors_of(options, 0)} + 1;
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) throw_errno("cannot read RLIMIT_NOFILE");
  if (needed > limit.rlim_max)
    throw std::runtime_error("a process would need " + std::to_string(needed) +
                             " descriptors, but the hard limit of RLIMIT_NOFILE is " +
                             std::to_string(limit.rlim_max) + ": use more processes");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) throw_errno("cannot raise RLIMIT_NOFILE");
}

// Drops what was inherited: a process holds exactly what it opened. `report` becomes descriptor 0.
void keep_only(int report) {
  if (dup2(report, STDIN_FILENO) < 0) throw_errno("cannot keep the pipe");
  if (close_range(STDIN_FILENO + 1, ~0U, 0) != 0) throw_errno("cannot close what was inherited");
}

void become(uid_t uid) {
  if (setgroups(0, nullptr) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
    throw_errno("cannot become user " + std::to_string(uid));
}

void say(int fd, std::string_view line) {
  // Shorter than PIPE_BUF, so in one piece; when nobody listens, there is nobody to tell.
  [[maybe_unused]] const ssize_t written = write(fd, line.data(), line.size());
}

// A process of the load, from its fork to its end.
[[noreturn]] void hold(const Options& options, unsigned index, const bench::Files& files,
                       const bench::Containers& containers, int report, pid_t parent) {
  try {
    keep_only(report);
    // Kernel memory is charged to the cgroup that one is in when it is allocated: enter first.
    if (containers.count() > 0) containers.enter(index % containers.count());
    if (options.uid) become(*options.uid);
    // A change of user clears it, so it comes after that.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(kFailed);
    bench::open_descriptors(options, index, files.paths());
    say(STDIN_FILENO, kOpenedAll);
    close(STDIN_FILENO);
    for (;;) pause();
  } catch (const std::exception& error) {
    say(STDIN_FILENO, std::string(error.what()) + "\n");
  }
  _exit(kFailed);
}

// The processes, which end with this object.
class Processes final {
 public:
  Processes() = default;
  ~Processes() {
    for (const pid_t pid : pids_) kill(pid, SIGKILL);
    for (const pid_t pid : pids_) waitpid(pid, nullptr, 0);
  }
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  // Returns the end of a pipe on which each says that it is ready, or why not.
  int start(const Options& options, const bench::Files& files,
            const bench::Containers& containers) {
    std::array<int, 2> ends = {};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("cannot open a pipe");
    const pid_t parent = getpid();
    for (unsigned i = 0; i < options.processes; ++i) {
      const pid_t pid = fork();
      if (pid == 0) hold(options, i, files, containers, ends[1], parent);
      if (pid < 0) throw_errno("cannot start process " + std::to_string(i));
      pids_.push_back(pid);
    }
    close(ends[1]);
    return ends[0];
  }

 private:
  std::vector<pid_t> pids_;
};

// The reports as they come in. The pipe ends when every process has closed its side.
class Reports final {
 public:
  // False at the end. Throws what the first process that failed said.
  bool take(int pipe) {
    std::array<char, 4096> buffer = {};
    const ssize_t size = read(pipe, buffer.data(), buffer.size());
    if (size < 0) throw_errno("cannot read what the processes report");
    text_.append(buffer.data(), static_cast<std::size_t>(size));
    while (text_.starts_with(kOpenedAll)) {
      text_.erase(0, kOpenedAll.size());
      ++ready_;
    }
    const std::size_t line_end = text_.find('\n');
    if (line_end != std::string::npos) throw std::runtime_error(text_.substr(0, line_end));
    return size > 0;
  }

  void check(unsigned expected) const {
    if (ready_ != expected)
      throw std::runtime_error("only " + std::to_string(ready_) + " of " +
                               std::to_string(expected) + " processes got ready");
  }

 private:
  std::string text_;
  unsigned ready_ = 0;
};

int block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  const int fd = signalfd(-1, &set, SFD_CLOEXEC);
  if (fd < 0) throw_errno("cannot open a signalfd");
  return fd;
}

// What comes first of stdin's end and a signal. No process of the load ends by itself.
bool asked_to_end(const pollfd& input, const pollfd& signals) {
  if (signals.revents != 0) {
    signalfd_siginfo signal = {};
    if (read(signals.fd, &signal, sizeof signal) != sizeof signal)
      throw_errno("cannot read a signal");
    if (signal.ssi_signo != SIGCHLD) return true;
    throw std::runtime_error("process " + std::to_string(signal.ssi_pid) + " of the load ended");
  }
  std::array<char, 256> ignored = {};
  return input.revents != 0 && read(input.fd, ignored.data(), ignored.size()) <= 0;
}

void announce(const Options& options, unsigned at_start) {
  std::uint64_t opened = 0;
  for (unsigned i = 0; i < options.processes; ++i) opened += bench::descriptors_of(options, i);
  const unsigned own = own_descriptors();
  const std::string line =
      "ready " + std::to_string(opened + own) + " " + std::to_string(opened + own - at_start);
  std::puts(line.c_str());
  std::fflush(stdout);
}

// A process that fails ends, too; what it said is the better reason, so reports are looked at
// first.
void run(const Options& options) {
  const unsigned at_start = own_descriptors();
  allow_descriptors(options);
  const int signals = block_signals();
  const bench::Files files(bench::files_needed(options));
  const bench::Containers containers(options.containers);
  Processes processes;  // the last to be made and the first to go
  const int pipe = processes.start(options, files, containers);

  Reports reports;
  std::array<pollfd, 3> events = {
      {{STDIN_FILENO, POLLIN, 0}, {signals, POLLIN, 0}, {pipe, POLLIN, 0}}};
  for (;;) {
    if (poll(events.data(), events.size(), -1) < 0) throw_errno("cannot wait");
    if (events[2].revents != 0) {
      if (reports.take(pipe)) continue;
      reports.check(options.processes);
      close(pipe);
      events[2] = {-1, 0, 0};
      announce(options, at_start);
    } else if (asked_to_end(events[0], events[1])) {
      return;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = bench::parse(argc, argv);
    if (options.remove_leftovers)
      bench::Containers::remove_leftovers();
    else
      run(options);
    return 0;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "bench_load: %s\n%s", error.what(), bench::usage());
    return kUsage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_load: %s\n", error.what());
    return kFailed;
  }
}
