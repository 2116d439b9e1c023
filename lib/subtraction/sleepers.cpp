#include "subtraction/sleepers.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/unique_fd.hpp"
#include "subtraction/fresh_namespaces.hpp"

namespace kcommons::subtraction {

Sleepers::~Sleepers() {
  for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
  for (const pid_t pid : pids_) ::waitpid(pid, nullptr, 0);
}

int Sleepers::add(const std::function<int()>& first) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno;
  UniqueFd answer(ends[0]);
  UniqueFd question(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return errno;
  if (pid == 0) {
    die_with_parent();
    const int error = first();
    if (::write(question.get(), &error, sizeof error) < 0 || error != 0) ::_exit(1);
    while (true) ::pause();
  }
  question.reset();
  int error = ECHILD;  // it died without a word
  if (::read(answer.get(), &error, sizeof error) < 0) error = errno;
  if (error == 0) {
    pids_.push_back(pid);
  } else {
    ::waitpid(pid, nullptr, 0);
  }
  return error;
}

}  // namespace kcommons::subtraction
