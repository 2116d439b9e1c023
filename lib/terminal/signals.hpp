// Signals as something to wait for, in place of handlers. Those that end, stop or resize a program
// on a terminal are blocked in this thread, and in those it starts from now on, for as long as the
// object lives; so make it before there is a second thread.
#pragma once

#include <signal.h>

#include <optional>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace kcommons::terminal {

class Signals final {
 public:
  static Result<Signals> block();
  Signals(Signals&& other) noexcept;
  Signals& operator=(Signals&&) = delete;
  ~Signals();

  // Readable when one has come.
  [[nodiscard]] int fd() const { return fd_.get(); }
  // The next one that has come, without waiting.
  [[nodiscard]] std::optional<int> next() const;

 private:
  Signals(UniqueFd fd, const sigset_t& before) : fd_(std::move(fd)), before_(before) {}

  UniqueFd fd_;
  sigset_t before_;
  bool owns_mask_ = true;
};

}  // namespace kcommons::terminal
