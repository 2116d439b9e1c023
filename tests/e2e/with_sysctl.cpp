// with_sysctl [--finally PROGRAM] NAME... -- COMMAND [ARGUMENT...]
//
// Runs COMMAND, which may change the named sysctls, and gives the machine back as it was: the
// values restored, and every process that COMMAND started gone. It does so however the run ends, by
// SIGKILL of this program or of COMMAND too, because a limit left lowered breaks a machine in a way
// that names nobody.
//
// How: a watchdog in a session of its own is the parent of COMMAND and the reaper of all orphans
// below it (PR_SET_CHILD_SUBREAPER). It holds one end of a pipe whose other end closes with this
// program. If the watchdog itself is killed, this program does its work. Should both die at once,
// the next run restores: the saved values are in the lock file until they are back.
//
// PROGRAM is run last, to remove what processes cannot take with them (mounts, directories).
// Exit: that of COMMAND, or 128 + signal; 2 usage; 70 could not save or restore; 75 another run is
// on; 130 interrupted.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "saved_sysctls.hpp"

namespace {

namespace fs = std::filesystem;
using e2e::complain;

constexpr int kUsage = 2;
constexpr int kFailed = 70;
constexpr int kBusy = 75;
constexpr int kInterrupted = 130;
constexpr auto kKillDeadline = std::chrono::seconds(20);

struct Arguments {
  std::string finally;
  std::vector<std::string> names;
  char** command = nullptr;
};

struct Run {
  Arguments arguments;
  e2e::SavedSysctls sysctls;
};

// The processes whose parent is this one. /proc/PID/task/TID/children is not in every kernel, so
// the parent is read from /proc/PID/stat, where it is the second field after the last parenthesis.
std::vector<pid_t> children() {
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    if (std::isdigit(static_cast<unsigned char>(name.front())) == 0) continue;
    std::ifstream file(entry.path() / "stat");
    std::string line;
    std::getline(file, line);
    const std::size_t end = line.rfind(')');
    if (end == std::string::npos) continue;
    std::istringstream rest(line.substr(end + 1));
    std::string state;
    pid_t parent = 0;
    if (rest >> state >> parent && parent == getpid()) found.push_back(std::stoi(name));
  }
  return found;
}

// Every process below this one, and nothing else: children are killed by their pid, their orphans
// become children in turn. False if some would not die.
bool end_all_children() {
  const auto deadline = std::chrono::steady_clock::now() + kKillDeadline;
  while (std::chrono::steady_clock::now() < deadline) {
    for (const pid_t pid : children()) kill(pid, SIGKILL);
    pid_t reaped = 0;
    while ((reaped = waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    if (reaped < 0 && errno == ECHILD) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  complain("some processes of the command did not end");
  return false;
}

void default_signals() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void run_finally(const std::string& program) {
  if (program.empty()) return;
  const pid_t pid = fork();
  if (pid == 0) {
    default_signals();
    execl(program.c_str(), program.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
    complain(program + " failed, something of the run may be left");
}

// Limits first, because the rest may take seconds. Twice, because the command may have been about
// to write one when it was killed.
bool finish(const Run& run, pid_t command) {
  if (command > 0) kill(command, SIGKILL);
  run.sysctls.restore();
  bool good = end_all_children();
  good = run.sysctls.restore() && good;
  run_finally(run.arguments.finally);
  if (good) run.sysctls.forget();
  return good;
}

int exit_code(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

pid_t start_command(char** command) {
  const pid_t watchdog = getpid();
  const pid_t pid = fork();
  if (pid != 0) return pid;
  // The command must not go on and lower a limit when nobody is left to raise it.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != watchdog) _exit(kFailed);
  default_signals();
  execvp(command[0], command);
  complain(std::string("cannot run ") + command[0] + ": " + std::strerror(errno));
  _exit(127);
}

// Waits for the end of the command or of the parent, whose end of the pipe then closes. Orphans are
// reaped as they come.
int watch(const Run& run, int parent_pipe) {
  setsid();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  const int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  const pid_t command = start_command(run.arguments.command);
  bool watching = command > 0 && signals >= 0;

  std::array<pollfd, 2> events = {{{parent_pipe, POLLIN, 0}, {signals, POLLIN, 0}}};
  while (watching) {
    watching = poll(events.data(), events.size(), -1) >= 0 || errno == EINTR;
    signalfd_siginfo ignored = {};
    while (read(signals, &ignored, sizeof ignored) > 0) {
    }
    int status = 0;
    pid_t reaped = 0;
    while ((reaped = waitpid(-1, &status, WNOHANG)) > 0)
      if (reaped == command) return finish(run, 0) ? exit_code(status) : kFailed;
    if (events[0].revents != 0) return finish(run, command) ? kInterrupted : kFailed;
  }
  complain(std::string("cannot watch ") + run.arguments.command[0] + ": " + std::strerror(errno));
  finish(run, command);
  return kFailed;
}

// The parent's side: a signal that asks it to end closes the pipe, and then the watchdog ends it
// all.
int await(const Run& run, pid_t watchdog, int pipe_end, const sigset_t& signals) {
  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGCHLD && pipe_end >= 0) {
      close(pipe_end);
      pipe_end = -1;
    }
    int status = 0;
    pid_t reaped = 0;
    while ((reaped = waitpid(-1, &status, WNOHANG)) > 0) {
      if (reaped != watchdog) continue;
      if (WIFEXITED(status)) return exit_code(status);
      complain("the watchdog was killed, restoring in its place");
      finish(run, 0);
      return kFailed;
    }
  }
}

bool parse(char** words, Arguments& arguments) {
  ++words;
  if (*words != nullptr && std::string_view(*words) == "--finally" && words[1] != nullptr) {
    arguments.finally = words[1];
    words += 2;
  }
  for (; *words != nullptr && std::string_view(*words) != "--"; ++words) {
    if (!e2e::is_sysctl_name(*words)) return false;
    arguments.names.emplace_back(*words);
  }
  if (*words == nullptr || words[1] == nullptr) return false;
  arguments.command = words + 1;
  return true;
}

int guard(const Run& run) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  // Orphans come here when the watchdog is gone, so that they can be ended in its place.
  prctl(PR_SET_CHILD_SUBREAPER, 1);

  std::array<int, 2> ends = {};
  const bool piped = pipe2(ends.data(), O_CLOEXEC) == 0;
  const pid_t watchdog = piped ? fork() : -1;
  if (watchdog < 0) {
    complain(std::string("cannot start the watchdog: ") + std::strerror(errno));
    finish(run, 0);
    return kFailed;
  }
  if (watchdog == 0) {
    close(ends[1]);
    return watch(run, ends[0]);
  }
  close(ends[0]);
  return await(run, watchdog, ends[1], signals);
}

}  // namespace

int main(int /*argc*/, char** argv) {
  try {
    using Outcome = e2e::SavedSysctls::Outcome;
    Run run;
    if (!parse(argv, run.arguments)) {
      complain("usage: with_sysctl [--finally PROGRAM] NAME... -- COMMAND [ARGUMENT...]");
      return kUsage;
    }
    const Outcome outcome = run.sysctls.save(run.arguments.names);
    if (outcome == Outcome::saved) return guard(run);
    run_finally(run.arguments.finally);
    return outcome == Outcome::busy ? kBusy : kFailed;
  } catch (const std::exception& error) {
    complain(error.what());
    return kFailed;
  }
}
