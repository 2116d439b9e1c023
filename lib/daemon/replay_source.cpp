#include "daemon/replay_source.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <optional>
#include <utility>

namespace kcommons::daemon {

namespace {

// A census of 10,000 processes is about 4 MB.
constexpr std::size_t kLongestLine = std::size_t{64} << 20U;
constexpr std::size_t kMostRecords = 10000;

// The next line, without its end; empty where there is none. One that is too long is cut.
std::optional<std::string> next_line(std::istream& file) {
  std::string line;
  std::array<char, 65536> part{};
  bool has_begun = false;
  while (line.size() <= kLongestLine && file.getline(part.data(), part.size()).gcount() > 0) {
    has_begun = true;
    const bool is_whole = !file.fail();
    const bool has_end = is_whole && !file.eof();
    line.append(part.data(), static_cast<std::size_t>(file.gcount()) - (has_end ? 1U : 0U));
    if (is_whole) return line;
    file.clear(file.rdstate() & ~std::ios::failbit);
  }
  return has_begun ? std::optional(std::move(line)) : std::nullopt;
}

}  // namespace

Result<std::unique_ptr<ReplaySource>> ReplaySource::open(const std::string& path,
                                                         const Clock& clock) {
  const std::string attempt = "read the recording " + path;
  std::ifstream file(path);
  if (!file) return fail(Error::from_errno(errno, attempt));
  std::vector<report::Record> records;
  while (const std::optional<std::string> line = next_line(file)) {
    const std::string place = fmt::format("{}:{}", attempt, records.size() + 1);
    if (line->size() > kLongestLine) {
      return fail(
          Error::other(fmt::format("{}: a line of more than {} bytes", place, kLongestLine)));
    }
    if (records.size() == kMostRecords) {
      return fail(Error::other(fmt::format("{}: more than {} records", attempt, kMostRecords)));
    }
    auto record = report::parse_record(*line);
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
