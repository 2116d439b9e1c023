// Files that are only mapped, which the kernel counts and no descriptor table shows: libraries,
// above all. Walking them takes each process's mmap lock for reading, so it is done at a lower
// cadence than the census, and what was found is carried over to the censuses between.
//
// Belongs to one census source and thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "bpf/records.hpp"
#include "census/bpf_books.hpp"

namespace kcommons::census {

class BpfMappings final {
 public:
  struct Options {
    std::chrono::milliseconds interval{60000};
    // A walk is due earlier when at least this share of the processes is new since the last one.
    double new_processes = 0.2;
  };

  explicit BpfMappings(Options options) : options_(options) {}

  // Of the next walk too, counted from the last one.
  void set_interval(std::chrono::milliseconds interval) { options_.interval = interval; }

  // Whether to walk now, with these processes there.
  [[nodiscard]] bool is_due(const BpfBooks& books, SteadyTime now) const;
  // A walk: begin(), then take() for each record, then end() where it succeeded.
  void begin(const BpfBooks& books);
  void take(const bpf::Record& record);
  void end(SteadyTime now);

  [[nodiscard]] const std::vector<MappedFiles>& files() const { return files_; }
  // Empty before the first walk.
  [[nodiscard]] std::optional<std::chrono::milliseconds> age(SteadyTime now) const;

 private:
  Options options_;
  std::vector<MappedFiles> files_;  // an entry for each process, whether or not it has mapped any
  std::unordered_map<Pid, std::size_t> index_of_;  // in files_
  std::optional<SteadyTime> walked_at_;
};

}  // namespace kcommons::census
