// Reads the configuration again while the daemon runs, and has it take effect whole or not at all.
//
// A reload that is refused leaves everything as it is; the log has every mistake, and so has
// whoever asked. Reloads come one after the other, whoever asks for them. Thread-safe; the thread
// of its own is for who cannot wait for a file.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "daemon/log.hpp"
#include "daemon/notify.hpp"
#include "exposition/self_metrics.hpp"

namespace kcommons::daemon {

// Those of `keys`, as config::known_keys() has them, that cannot change while the daemon runs: of
// files, sockets and rights that are had at the start alone. A key that nobody has thought of here
// is one of them.
std::vector<std::string> fixed_keys(const std::vector<std::string>& keys);

class Reloader final {
 public:
  // As at the start: the file, and on top of it what flags and variables say.
  using Read = std::function<config::LoadResult()>;
  // Has `next` take effect, of which the keys in `changed` are new, or leaves all as it is and says
  // why.
  using Apply = std::function<Result<void>(const config::Config& next,
                                           const std::vector<std::string>& changed)>;
  // All must outlive it.
  struct Parts {
    Notifier& notifier;
    exposition::SelfMetrics& self;
    Log& log;
    const Clock& clock;
  };

  // `running` is in force now.
  Reloader(config::Config running, Read read, Apply apply, Parts parts);
  // Waits for a reload under way.
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // What is against it, a printable line each; nothing where it is done.
  std::vector<std::string> reload();
  // The same, some time soon: returns at once.
  void ask();

 private:
  std::vector<std::string> try_reload();
  void report_notified(const Result<void>& told);
  void work(const std::stop_token& stop);

  const Read read_;
  const Apply apply_;
  Parts parts_;

  std::mutex reloading_;
  config::Config running_;  // of whoever is reloading

  std::mutex asking_;
  std::condition_variable_any wake_;
  bool asked_ = false;
  std::jthread thread_;
};

}  // namespace kcommons::daemon
