// What a pass costs, reader by reader, so that a dear one is seen by name: processor time of the
// thread that calls (CLOCK_THREAD_CPUTIME_ID, clock_gettime(2)). Not thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace kcommons::census {

using CpuTime = std::chrono::duration<double>;

CpuTime thread_cpu();

struct ReaderCost {
  std::string reader;  // a file below /proc, "net/sockstat", or what is done: "bpf/holdings"
  CpuTime cpu{0};
};
using ReaderCosts = std::vector<ReaderCost>;

class CostMeter final {
 public:
  // The first reader begins now. `costs` must outlive the meter.
  explicit CostMeter(ReaderCosts& costs) : costs_(costs), since_(thread_cpu()) {}

  // What was spent since the reader before is this one's. One that comes twice has two entries.
  void done(std::string_view reader);

 private:
  ReaderCosts& costs_;
  CpuTime since_;
};

}  // namespace kcommons::census
