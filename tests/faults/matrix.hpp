// Holds what is served after each fault against what is served without one, and keeps the table.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "excuses.hpp"
#include "judge.hpp"
#include "passes.hpp"
#include "plans.hpp"

namespace kcommons::test {

// What is made to fail.
class Subject {
 public:
  Subject() = default;
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  virtual ~Subject() = default;

  // As it was before any fault. The outcome of a run without one.
  virtual Outcome reset() = 0;
  // Before each fault.
  virtual void prepare() {}
  // What is watched.
  virtual Outcome run() = 0;
  // The next time, without a fault.
  virtual Outcome run_again() = 0;
  // The calls that are to fail; by default all of run().
  virtual void touch() { run(); }
  [[nodiscard]] virtual std::string kind_of(const Call& call) const = 0;
  // Those of other kinds are made to fail elsewhere.
  [[nodiscard]] virtual bool takes(const std::string& /*kind*/) const { return true; }
  // What is compared.
  [[nodiscard]] virtual Series view(Series series) const { return series; }
  [[nodiscard]] virtual std::vector<Difference> wrong(const Series& before,
                                                      const Series& now) const {
    return wrong_numbers(before, now);
  }
  [[nodiscard]] virtual Watch::Whom whom() const { return Watch::Whom::kThisThread; }
  // What a fault takes that is slow.
  virtual void wait() = 0;
};

struct MatrixOptions {
  Choice choice;
  bool tell = false;  // what came of each fault
};

class Matrix final {
 public:
  explicit Matrix(MatrixOptions options) : options_(std::move(options)) {}

  void take(Subject& subject);
  // The table in markdown, sums, and the reasons.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::size_t wrong() const { return table_.count(Verdict::kWrong); }

 private:
  struct Before {
    std::vector<std::uint64_t> digest;
    Series series;
  };
  void remember(const Subject& subject, const Outcome& outcome);
  [[nodiscard]] bool is_same(const Subject& subject, const Outcome& outcome) const;
  Verdict try_one(Subject& subject, const Plan& plan, const std::string& kind);
  Verdict judge(const Subject& subject, const Outcome& outcome, const Plan& plan,
                const std::string& kind);
  bool recovers(Subject& subject, const Plan& plan, const std::string& kind);
  // False where something of it is not excused; that is told.
  bool excuse(Trouble trouble, const std::vector<Difference>& found, const Plan& plan,
              const std::string& kind, std::string_view what);
  bool complain(const Plan& plan, const std::string& kind, const std::string& what);
  bool check_error(const Error& error, const Plan& plan, const std::string& kind);

  MatrixOptions options_;
  Table table_;
  Before before_;
  std::map<std::string, std::set<std::string>> excuses_;  // what each reason excuses
};

}  // namespace kcommons::test
