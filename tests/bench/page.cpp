// How long the status page takes to make at a thousand containers with 28 series each, and what it
// weighs: the median of many, with the audit that each is made of, in processor time, which other
// load does not lengthen.
//
//   bench_page [ROUNDS] [FILE]
//
// FILE gets the page itself, to be looked at. Fails where the median is above 50 ms.
#include "page/page.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "census/cost.hpp"
#include "sample.hpp"

namespace page = kcommons::page;
using kcommons::attribution::PoolKey;
using kcommons::attribution::PoolUse;
using Milliseconds = std::chrono::duration<double, std::milli>;

namespace {

// Processor time.
constexpr double kMostMilliseconds = 50;

page::Model model() {
  page::Model made = page::test::model_of(page::test::thousand());
  // Made ahead: the daemon has it too.
  std::map<PoolKey, PoolUse> uses;
  for (const auto& pool : made.snapshot->pools) {
    uses[page::key_of(pool)] = page::test::use_of(*made.snapshot, page::key_of(pool));
  }
  made.history = [uses = std::move(uses)](const PoolKey& key) {
    return std::optional(uses.at(key));
  };
  return made;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 100;
  page::Model made = model();
  std::vector<double> took;
  std::string html;
  for (int i = 0; i < std::max(rounds, 1); ++i) {
    const auto began = kcommons::census::thread_cpu();
    made.audit =
        kcommons::report::make_audit(*made.snapshot, {.name = "bpf", .reason = "configured"}, {});
    html = page::overview_page(made, {});
    took.push_back(Milliseconds(kcommons::census::thread_cpu() - began).count());
  }
  std::ranges::sort(took);
  const double median = took[took.size() / 2];
  fmt::print("| containers | pools | bytes | median, ms | p99, ms |\n");
  fmt::print("| ---: | ---: | ---: | ---: | ---: |\n");
  fmt::print("| {} | {} | {} | {:.1f} | {:.1f} |\n", made.snapshot->containers,
             made.snapshot->pools.size(), html.size(), median, took[took.size() * 99 / 100]);
  if (argc > 2) std::ofstream(argv[2]) << html;
  return median <= kMostMilliseconds ? EXIT_SUCCESS : EXIT_FAILURE;
}
