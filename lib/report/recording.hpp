// One look at a host, all that was read and how its containers are called, as a line of JSON: so
// that it can be looked at again, elsewhere and later, by the same program. Text in it is raw, but
// for bytes that are no UTF-8: U+FFFD stands for them, as it would in an exposition. Pure,
// thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "census/census.hpp"

namespace kcommons::report {

// Goes up when a line that was written before can no longer be read.
inline constexpr int kRecordingVersion = 1;

struct Record {
  census::PoolsReading pools;  // but for costs and walks_ready, which are the reader's own
  census::Census census;       // but for costs
};

// Without a line end.
std::string record_line(const Record& record);

// An error where the line is no record, or one whose parts contradict each other: every index leads
// to something afterwards.
Result<Record> parse_record(std::string_view line);

}  // namespace kcommons::report
