#include "terminal/signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace kcommons::terminal {

Result<Signals> Signals::block() {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT}) {
    sigaddset(&wanted, signal);
  }
  sigset_t before;
  if (const int error = ::pthread_sigmask(SIG_BLOCK, &wanted, &before); error != 0) {
    return fail(Error::from_errno(error, "block signals"));
  }
  UniqueFd fd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.is_open()) {
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return fail(Error::from_errno(error, "signalfd"));
  }
  return Signals(std::move(fd), before);
}

Signals::Signals(Signals&& other) noexcept
    : fd_(std::move(other.fd_)),
      before_(other.before_),
      owns_mask_(std::exchange(other.owns_mask_, false)) {}

Signals::~Signals() {
  if (owns_mask_) ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> Signals::next() const {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof(info)) != sizeof(info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace kcommons::terminal
