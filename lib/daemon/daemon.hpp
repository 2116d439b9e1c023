// The daemon: wires the layers together, runs until SIGTERM or SIGINT, and takes everything down
// again within a second; what hangs is not waited for longer than a few. SIGHUP has the
// configuration read again.
//
// The caller's thread waits for signals; the others are in lib/README.md, "Threads". run() blocks
// the signals it waits for before the first of them is made, so it must be called before any other
// thread exists. It is called once in a process.
#pragma once

#include <functional>
#include <string>

#include "config/config.hpp"

namespace kcommons::daemon {

struct BuildInfo {
  std::string version;
  std::string revision;
  std::string compiler;
};

// Reads the configuration as it was read for the start. Called on other threads, one at a time.
using ReadAgain = std::function<config::LoadResult()>;

// `recording`: a file to serve in place of this host (ReplaySource); empty for none.
//
// The exit code: 0 after a signal, 1 when the daemon could not start, or would not end by itself
// (the log says why).
int run(const config::Config& given, const BuildInfo& build, const ReadAgain& read_again,
        const std::string& recording = {});

}  // namespace kcommons::daemon
