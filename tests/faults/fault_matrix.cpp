// fault_matrix: makes every call of a census fail, one at a time, in each way, and looks at what is
// served then.
//
//   fault_matrix [--all] [--only TEXT] [--tell]
//
// --all takes every call and every errno, else of each kind of call the first, and one errno of
// those that are taken alike; --only takes the kinds that have TEXT in them; --tell says of each
// fault what came of it. Prints a table, what excuses what was not counted, and all that is wrong.
// Status 1 where something is wrong, 77 where this machine cannot show all.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string_view>

#include "bpf/programs.hpp"
#include "matrix.hpp"
#include "real_world.hpp"
#include "subjects.hpp"

using namespace kcommons;
using namespace kcommons::test;

namespace {

constexpr int kSkipped = 77;

// Of a part that takes rights; false where it could not be looked at.
bool take_of_machine(Matrix& matrix, std::unique_ptr<Subject> (*make)()) {
  try {
    matrix.take(*make());
    return true;
  } catch (const std::exception& error) {
    fmt::print("skipped: {}\n", error.what());
    return false;
  }
}

int finish(const Matrix& matrix, bool all) {
  fmt::print("{}", matrix.text());
  if (matrix.wrong() > 0) return 1;
  return all ? 0 : kSkipped;
}

int run(Matrix& matrix) {
  matrix.take(*make_reading());
  matrix.take(*make_start());
  matrix.take(*make_names());
  bool all = !bpf::is_built_in() || take_of_machine(matrix, make_bpf_reading);
  // Where nobody else is seen, the calls are the same each time.
  const auto status = run_alone([&] {
    all = take_of_machine(matrix, make_kernel_reading) && all;
    return finish(matrix, all);
  });
  if (status) return *status;
  fmt::print("skipped: no PID namespace with a /proc of its own\n");
  return finish(matrix, false);
}

}  // namespace

int main(int argc, char** argv) {
  MatrixOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    options.choice.all = options.choice.all || argument == "--all";
    options.tell = options.tell || argument == "--tell";
    if (argument == "--only" && i + 1 < argc) options.choice.only = argv[++i];
  }
  Matrix matrix(options);
  return run(matrix);
}
