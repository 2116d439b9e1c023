// Which call fails how, and the table of what came of it.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "calls.hpp"

namespace kcommons::test {

// One fault at one call, or from that call on.
struct Plan {
  std::size_t at = 0;   // index of the call
  Call call;            // the same
  std::size_t nth = 0;  // of the calls that are alike: others may come and go between
  Fault fault = Fault::kNone;
  bool lasts = false;
};
std::string name_of(const Plan& plan);

// What a run calls without a fault, in order.
std::vector<Call> calls_of(const std::function<void()>& run, Watch::Whom whom);
// The run with the fault. `wait` is what takes long where it is slow.
void run_with(const Plan& plan, const std::function<void()>& run, const std::function<void()>& wait,
              Watch::Whom whom);

// Calls of one kind that are about one kind of file: "read N/status".
using Kinds = std::vector<std::string>;  // of calls, in their order

struct Choice {
  // Every call and every fault; else of each kind the first call, and one errno of those that are
  // taken alike.
  bool all = false;
  std::string only;  // kinds that have this in them
};
std::vector<Plan> plans_for(const std::vector<Call>& calls, const Kinds& kinds,
                            const Choice& choice);

enum class Verdict {
  kSame,       // what is served is what is served without the fault
  kLess,       // something is missing or less, and something is counted
  kKept,       // a pass failed whole, with an error that says what; what was served stays
  kUncounted,  // something is missing, and nothing is counted: excused
  kWrong,
};

class Table final {
 public:
  void add(const std::string& row, const Plan& plan, Verdict verdict);
  // In markdown: a letter for each verdict, "=", "-", "k", "u" and "!", and how often it came.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::size_t count(Verdict verdict) const;

 private:
  using Counts = std::array<std::size_t, 5>;
  std::map<std::string, std::map<std::string, Counts>> cells_;
  std::vector<std::string> columns_;
};

}  // namespace kcommons::test
