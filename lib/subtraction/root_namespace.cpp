#include "subtraction/root_namespace.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "subtraction/fresh_namespaces.hpp"
#include "subtraction/limit_sysctls.hpp"

namespace kcommons::subtraction {

namespace {

// What is one for all is shown without the write bits, where it is shown at all.
bool can_be_written(int proc_fd, const LimitSysctl& limit) {
  struct stat status {};
  return ::fstatat(proc_fd, limit.path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         (status.st_mode & S_IWUSR) != 0;
}

void tell_names(int proc_fd, int out) {
  if (::unshare(CLONE_NEWNET) != 0) return;
  const auto limits = read_limit_sysctls(proc_fd);
  if (!limits) return;
  std::string names;
  for (const LimitSysctl& limit : *limits) {
    if (limit.name.starts_with("net.") && can_be_written(proc_fd, limit))
      names += limit.name + "\n";
  }
  // Less than a pipe holds; a part of it would be fewer names, and those whole.
  static_cast<void>(!::write(out, names.data(), names.size()));
}

std::string read_all(int fd) {
  std::string all;
  std::array<char, 4096> bytes{};
  while (true) {
    const ssize_t got = ::read(fd, bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return all;
    all.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

std::vector<std::string> limits_of_a_root_network_namespace(int proc_fd) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  const UniqueFd out(ends[0]);
  UniqueFd in(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return {};
  if (pid == 0) {
    die_with_parent();
    tell_names(proc_fd, in.get());
    ::_exit(0);
  }
  in.reset();
  const std::string all = read_all(out.get());
  ::waitpid(pid, nullptr, 0);
  std::vector<std::string> names;
  for (const std::string_view name : text::split(text::trim(all), '\n')) names.emplace_back(name);
  return names;
}

}  // namespace kcommons::subtraction
