// The census source that reads a recording: its looks at a host, one after the other and then from
// the first again, as if they were made now. How its containers are called stands in it, too, so no
// file of this host is looked at.
//
// Belongs to one thread, as all sources do. All of the recording is in memory, read and checked
// when it is opened.
#pragma once

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "census/source.hpp"
#include "report/recording.hpp"

namespace kcommons::daemon {

class ReplaySource final : public census::Source {
 public:
  // `path`: a file of one record a line, as `kcommons record` writes it. `clock` must outlive it.
  static Result<std::unique_ptr<ReplaySource>> open(const std::string& path, const Clock& clock);

  Result<census::PoolsReading> read_pools() override;
  // The next record's; the pools from then on are those that were read with it.
  Result<census::Census> take_census(const std::stop_token& stop) override;

  [[nodiscard]] std::size_t size() const { return records_.size(); }

 private:
  ReplaySource(std::vector<report::Record> records, const Clock& clock)
      : records_(std::move(records)), clock_(clock) {}

  std::vector<report::Record> records_;
  std::size_t next_ = 0;     // that take_census gives
  std::size_t current_ = 0;  // whose pools are read
  const Clock& clock_;
};

}  // namespace kcommons::daemon
