#include "real_world.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace kcommons::test {

namespace {

[[noreturn]] void throw_errno(const std::string& tried) {
  throw std::system_error(errno, std::generic_category(), tried);
}

// Where dockerd keeps its cgroups: in the memory hierarchy, else in cgroup2.
std::string docker_folder() {
  std::ifstream mounts("/proc/self/mountinfo");
  std::string unified;
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string point;
    for (int i = 0; i < 5; ++i) words >> point;
    if (line.find(" - cgroup2 ") != std::string::npos) unified = point + "/docker";
    if (line.find(" - cgroup ") != std::string::npos && line.ends_with(",memory")) {
      return point + "/docker";
    }
  }
  return unified;
}

bool write_text(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const bool done = fd >= 0 && ::write(fd, text.data(), text.size()) >= 0;
  ::close(fd);
  return done;
}

// Of folders that stay, so that no event ever waits.
bool watch(int instance, std::initializer_list<const char*> folders) {
  for (const char* const folder : folders) {
    if (::inotify_add_watch(instance, folder, IN_DELETE_SELF) < 0) return false;
  }
  return true;
}

// What it was started with is shared with others.
bool leave_standard_files() {
  const int nothing = ::open("/dev/null", O_RDWR);
  if (nothing < 0) return false;
  for (const int fd : {0, 1, 2}) {
    if (::dup2(nothing, fd) < 0) return false;
  }
  return ::close_range(3, 899, 0) == 0 && ::close_range(901, ~0U, 0) == 0;
}

// In the second process: as root of namespaces of its own.
bool hold_inside() {
  if (!write_text("/proc/self/uid_map", "0 0 1")) return false;
  const int instance = ::inotify_init1(0);
  return instance >= 0 && watch(instance, {"/usr"});
}

// In the first: what both have, and the second.
bool hold() {
  if (!leave_standard_files()) return false;
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0 || ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) {
    return false;
  }
  for (int i = 0; i < 3; ++i) {
    if (::dup(::open("/dev/null", O_RDONLY)) < 0) return false;
  }
  const int instance = ::inotify_init1(0);
  if (instance < 0 || ::dup(instance) < 0 || !watch(instance, {"/usr", "/etc", "/var"}))
    return false;
  std::array<int, 2> ready{};
  if (::pipe(ready.data()) != 0) return false;
  const long pid =
      ::syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNET | SIGCHLD, nullptr, nullptr, nullptr, 0UL);
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char answer = hold_inside() ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  char answer = 'n';
  return pid > 0 && ::read(ready[0], &answer, 1) == 1 && answer == 'y';
}

}  // namespace

RealWorld::RealWorld() : parent_(docker_folder()) {
  if (parent_.empty()) throw std::runtime_error("no cgroups are mounted");
  const auto seed = static_cast<std::uint64_t>(::getpid()) * 0x9e3779b97f4a7c15U;
  id_ = fmt::format("{:016x}{:016x}{:016x}{:016x}", seed, seed * 3, seed * 5, seed * 7);
  made_parent_ = ::mkdir(parent_.c_str(), 0755) == 0;
  if (!made_parent_ && errno != EEXIST) throw_errno("make cgroup " + parent_);
  const std::string path = parent_ + "/" + id_;
  if (::mkdir(path.c_str(), 0755) != 0) throw_errno("make cgroup " + path);
  start();
}

void RealWorld::start() {
  std::array<int, 2> ready{};
  if (::pipe(ready.data()) != 0) throw_errno("pipe");
  pid_ = ::fork();
  if (pid_ < 0) throw_errno("fork");
  if (pid_ == 0) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // Not among what it holds.
    const int report = ::fcntl(ready[1], F_DUPFD, 900);
    const bool done = write_text(parent_ + "/" + id_ + "/cgroup.procs", "0") && hold();
    const char answer = done ? 'y' : 'n';
    if (::write(report, &answer, 1) != 1) ::_exit(1);
    ::close(report);
    while (true) ::pause();
  }
  ::close(ready[1]);
  char answer = 'n';
  const bool done = ::read(ready[0], &answer, 1) == 1 && answer == 'y';
  ::close(ready[0]);
  if (!done) throw std::runtime_error("cannot make processes with namespaces in a cgroup");
}

RealWorld::~RealWorld() {
  if (pid_ > 0) {
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  // A cgroup is busy for a moment after its last process has ended.
  const std::string path = parent_ + "/" + id_;
  for (int i = 0; i < 100 && ::rmdir(path.c_str()) != 0 && errno == EBUSY; ++i) ::usleep(20000);
  if (made_parent_) ::rmdir(parent_.c_str());
}

std::string RealWorld::kind_of(const std::string& path) {
  std::string_view rest = path;
  if (rest.starts_with("/proc/")) rest.remove_prefix(6);
  std::string kind;
  for (const char c : rest) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0 || rest.starts_with("sys/")) {
      kind += c;
    } else if (!kind.ends_with('N')) {
      kind += 'N';
    }
  }
  return kind;
}

std::optional<int> run_alone(const std::function<int()>& run) {
  constexpr int kNotAlone = 255;
  const auto exit_of = [](pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  };
  std::fflush(stdout);
  const pid_t outer = ::fork();
  if (outer < 0) return std::nullopt;
  if (outer == 0) {
    if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) ::_exit(kNotAlone);
    const pid_t inner = ::fork();
    if (inner < 0) ::_exit(kNotAlone);
    if (inner > 0) ::_exit(exit_of(inner));
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const bool alone = ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                       ::mount("proc", "/proc", "proc", 0, nullptr) == 0;
    std::exit(alone ? run() : kNotAlone);
  }
  const int code = exit_of(outer);
  return code == kNotAlone ? std::nullopt : std::optional(code);
}

}  // namespace kcommons::test
