// bench_rusage COMMAND [ARGUMENT...]: what a command costs.
//
// Runs it with its output thrown away and prints "CPU WALL PEAK": seconds of processor time, of the
// command and of what it waited for, elapsed seconds, and the largest resident set in KiB. Exit
// status 1 when the command could not be run or was killed; what it exits with by itself is its own
// affair.
//
// The kernel carries the resident set of whoever calls execve over into ru_maxrss, so this program
// must be smaller than anything it measures: it is linked statically and does without iostreams.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace {

constexpr int kNotRun = 127;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double now() {
  timespec time = {};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

[[noreturn]] void run(char** command) {
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nowhere < 0 || dup2(nowhere, STDIN_FILENO) < 0 || dup2(nowhere, STDOUT_FILENO) < 0)
    _exit(kNotRun);
  execvp(command[0], command);
  std::fprintf(stderr, "bench_rusage: cannot run %s: %s\n", command[0], std::strerror(errno));
  _exit(kNotRun);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: bench_rusage COMMAND [ARGUMENT...]\n", stderr);
    return 2;
  }
  const double start = now();
  const pid_t pid = fork();
  if (pid == 0) run(argv + 1);
  int status = 0;
  rusage usage = {};
  if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) {
    std::fprintf(stderr, "bench_rusage: cannot start or await a process: %s\n",
                 std::strerror(errno));
    return 1;
  }
  const double wall = now() - start;
  if (WIFSIGNALED(status))
    std::fprintf(stderr, "bench_rusage: %s: signal %d\n", argv[1], WTERMSIG(status));
  if (!WIFEXITED(status) || WEXITSTATUS(status) == kNotRun) return 1;
  std::printf("%.6f %.6f %ld\n", seconds(usage.ru_utime) + seconds(usage.ru_stime), wall,
              usage.ru_maxrss);
  return 0;
}
