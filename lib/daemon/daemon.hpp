// The daemon: wires the layers together, runs until SIGTERM or SIGINT, and takes everything down
// again within a second.
//
// Threads: the caller's waits for signals; one samples; the HTTP engine has its own. run() blocks
// the signals it waits for before the first thread is made, so it must be called before any other
// thread exists. It is called once in a process.
#pragma once

#include <string>

#include "config/config.hpp"

namespace kcommons::daemon {

struct BuildInfo {
  std::string version;
  std::string revision;
  std::string compiler;
};

// The exit code: 0 after a signal, 1 when the daemon could not start (the log says why).
int run(const config::Config& config, const BuildInfo& build);

}  // namespace kcommons::daemon
