// Which census source serves: the one that is configured, or the best that works here.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "census/source.hpp"
#include "config/config.hpp"

namespace kcommons::daemon {

struct OpenedSource {
  std::unique_ptr<census::Source> source;
  std::string name;         // bpf, procfs or replay
  std::string reason;       // why this one
  std::string restriction;  // what limits its view from the start; empty when nothing does
};

// What of the configuration a source that is open takes; an error where a layout makes no sense.
Result<census::SourceSettings> settings_of(const config::Config& config);

// An error where the source that is configured cannot serve; with auto, only where none can.
// `clock` must outlive the source.
Result<OpenedSource> open_source(const config::Config& config, const Clock& clock);

// A recording in place of this host. An error where it cannot be read.
Result<OpenedSource> open_replay(const std::string& recording, const Clock& clock);

}  // namespace kcommons::daemon
