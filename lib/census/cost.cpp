#include "census/cost.hpp"

#include <ctime>

namespace kcommons::census {

CpuTime thread_cpu() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void CostMeter::done(std::string_view reader) {
  const CpuTime now = thread_cpu();
  costs_.push_back({.reader = std::string(reader), .cpu = now - since_});
  since_ = now;
}

}  // namespace kcommons::census
