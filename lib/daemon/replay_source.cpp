#include "daemon/replay_source.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <utility>

namespace kcommons::daemon {

namespace {

// A census of 10,000 processes is about 4 MB.
constexpr std::size_t kLongestLine = std::size_t{64} << 20U;
constexpr std::size_t kMostRecords = 10000;

}  // namespace

Result<std::unique_ptr<ReplaySource>> ReplaySource::open(const std::string& path,
                                                         const Clock& clock) {
  const std::string attempt = "read the recording " + path;
  std::ifstream file(path);
  if (!file) return fail(Error::from_errno(errno, attempt));
  std::vector<report::Record> records;
  for (std::string line; std::getline(file, line);) {
    const std::string place = fmt::format("{}:{}", attempt, records.size() + 1);
    if (line.size() > kLongestLine) {
      return fail(Error::other(fmt::format("{}: a line of {} bytes", place, line.size())));
    }
    if (records.size() == kMostRecords) {
      return fail(Error::other(fmt::format("{}: more than {} records", attempt, kMostRecords)));
    }
    auto record = report::parse_record(line);
    if (!record) return fail(record.error().during(place));
    records.push_back(std::move(*record));
  }
  if (file.bad()) return fail(Error::from_errno(errno, attempt));
  if (records.empty()) return fail(Error::other(attempt + ": there is no record in it"));
  return std::unique_ptr<ReplaySource>(new ReplaySource(std::move(records), clock));
}

Result<census::PoolsReading> ReplaySource::read_pools() {
  census::PoolsReading pools = records_[current_].pools;
  pools.taken_at = clock_.wall();
  return pools;
}

Result<census::Census> ReplaySource::take_census(const std::stop_token& /*stop*/) {
  current_ = next_;
  next_ = (next_ + 1) % records_.size();
  census::Census census = records_[current_].census;
  census.taken_at = clock_.wall();
  return census;
}

}  // namespace kcommons::daemon
