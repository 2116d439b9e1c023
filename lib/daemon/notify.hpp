// Tells the service manager how the daemon is doing: that it is ready, that it still works, that it
// reads its configuration again, that it stops. One datagram each, as sd_notify(3) sends them,
// without libsystemd. Where nobody is to be told, nothing is done. The socket is opened at the
// start, so that none is needed when there are no more to be had.
//
// alive() belongs to the sampler's thread; the others may be called from any.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace kcommons::daemon {

class Notifier final {
 public:
  struct Options {
    std::string socket;  // a path, or "@" and an abstract name; empty: nobody is to be told
    // How long it may be silent before it is taken for dead; empty: nobody looks.
    std::optional<std::chrono::microseconds> watchdog;
  };
  // Of NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. Before there is a second thread.
  static Options from_environment();

  // `clock` must outlive it.
  Notifier(Options options, const Clock& clock);

  // Errors say whom it could not tell; the daemon goes on without.
  Result<void> ready(std::string_view status);
  // Around a reload, whatever comes of it. Before ready() nothing is said, for the second of them
  // would say that as well.
  Result<void> reloading();
  Result<void> reloaded();
  Result<void> stopping();
  // Often, by what must not stop: sends something once in a quarter of the watchdog's time.
  Result<void> alive();

 private:
  Result<void> send(std::string_view message);

  Options options_;
  const Clock& clock_;
  UniqueFd fd_;
  std::optional<SteadyTime> said_;  // that it is alive
  std::atomic<bool> ready_ = false;
};

}  // namespace kcommons::daemon
