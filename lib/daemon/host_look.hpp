// Looks at the host, one after the other, for commands that read it themselves: the best source is
// opened once, as the daemon does, and what was learned of names is kept. Nothing is cut to
// `_other`: a command has no series to limit. Belongs to one thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "attribution/snapshot.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "census/census.hpp"
#include "config/config.hpp"
#include "daemon/source.hpp"
#include "identity/lookup.hpp"
#include "identity/namer.hpp"
#include "report/recording.hpp"

namespace kcommons::daemon {

struct OneShot {
  std::string source;         // bpf or procfs
  std::string source_reason;  // why that one
  std::string restriction;    // what limits its view from the start; empty when nothing does
  census::Census census;
  attribution::Snapshot snapshot;    // of that census
  std::vector<identity::Told> told;  // how its containers came by their names
};

class HostLook final {
 public:
  // An error where the source cannot be opened. `clock` must outlive it.
  static Result<std::unique_ptr<HostLook>> open(const config::Config& config, const Clock& clock);

  // An error where the census as a whole is worth nothing; another may be worth more. What could
  // not be seen is counted in the census. By procfs an inotify instance with very many watches may
  // be left unread, within the budget of the configuration, so that its owner does not have to
  // wait.
  Result<OneShot> take();
  // All that is read in one look, the pools first. The same errors.
  Result<report::Record> record();

  [[nodiscard]] const OpenedSource& source() const { return opened_; }
  // Those of containers that are copied into names.
  [[nodiscard]] const std::vector<std::string>& labels() const { return namer_.labels(); }

 private:
  Result<census::Census> take_census();
  HostLook(OpenedSource opened, const config::Config& config, const Clock& clock);

  OpenedSource opened_;
  identity::Namer namer_;
  double neighbours_above_;
};

}  // namespace kcommons::daemon
