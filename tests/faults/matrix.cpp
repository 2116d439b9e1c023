#include "matrix.hpp"

#include <fmt/format.h>

#include <cstring>

namespace kcommons::test {

namespace {

// Several kinds have a row of the table.
std::string row_of(const std::string& kind) {
  const std::string call = kind.substr(0, kind.find(' '));
  const std::string_view file = std::string_view(kind).substr(call.size() + 1);
  if (file.starts_with("sysfs: ")) return call + " sysfs";
  if (file.starts_with("root: ") || file.starts_with("/")) return call + " files of runtimes";
  if (file.starts_with("N/task/N/")) return call + " N/task/N";
  const bool is_of_host = !file.starts_with("N") && file != "" && call != "record";
  if (is_of_host && call != "recv" && call != "send") return call + " files of the host";
  return kind;
}

}  // namespace

bool Matrix::complain(const Plan& plan, const std::string& kind, const std::string& what) {
  fmt::print("WRONG {}, {}: {}\n", kind, name_of(plan), what);
  return false;
}

bool Matrix::excuse(Trouble trouble, const std::vector<Difference>& found, const Plan& plan,
                    const std::string& kind, std::string_view what) {
  for (const Difference& one : found) {
    const char* const reason = excuse_for(trouble, kind, plan.fault, one.series);
    if (reason == nullptr) {
      return complain(plan, kind,
                      fmt::format("{} ({}): {}: {}", what, found.size(), one.series, one.what));
    }
    excuses_[reason].insert(row_of(kind));
  }
  return true;
}

// It says what was tried, and why that failed.
bool Matrix::check_error(const Error& error, const Plan& plan, const std::string& kind) {
  const std::string message = error.message();
  const int number = error_of(plan.fault);
  const bool tells_why = number == 0 || message.find(std::strerror(number)) != std::string::npos;
  if (tells_why && message.size() > std::strlen(std::strerror(number)) + 5) return true;
  return complain(plan, kind, "the error does not say what failed: " + message);
}

void Matrix::remember(const Subject& subject, const Outcome& outcome) {
  before_ = {.digest = outcome.digest(), .series = subject.view(series_of(outcome.served()))};
}

bool Matrix::is_same(const Subject& subject, const Outcome& outcome) const {
  return outcome.digest() == before_.digest ||
         subject.view(series_of(outcome.served())) == before_.series;
}

Verdict Matrix::judge(const Subject& subject, const Outcome& outcome, const Plan& plan,
                      const std::string& kind) {
  if (outcome.error && !check_error(*outcome.error, plan, kind)) return Verdict::kWrong;
  const Verdict kept = outcome.error ? Verdict::kKept : Verdict::kSame;
  if (outcome.digest() == before_.digest) return kept;
  const Series all = series_of(outcome.served());
  const Series now = subject.view(all);
  if (now == before_.series) return kept;
  const bool right =
      excuse(Trouble::kWrong, subject.wrong(before_.series, now), plan, kind, "wrong number") &&
      excuse(Trouble::kWrong, unbalanced(all), plan, kind, "books");
  if (!right) return Verdict::kWrong;
  if (outcome.error) return Verdict::kKept;
  if (outcome.counted > 0) return Verdict::kLess;
  return excuse(Trouble::kUncounted, differences(before_.series, now), plan, kind, "not counted")
             ? Verdict::kUncounted
             : Verdict::kWrong;
}

// What was missing of files that are kept open comes back with the next census, after the pools
// pass before it.
bool Matrix::recovers(Subject& subject, const Plan& plan, const std::string& kind) {
  const Outcome next = subject.run_again();
  if (is_same(subject, next)) return true;
  const Series now = subject.view(series_of(next.served()));
  const auto wrong = subject.wrong(before_.series, now);
  const Outcome last = subject.run_again();
  if (is_same(subject, last)) return excuse(Trouble::kLasting, wrong, plan, kind, "then wrong");
  const auto left = differences(before_.series, subject.view(series_of(last.served())));
  remember(subject, subject.reset());
  return excuse(Trouble::kLasting, left, plan, kind, "still");
}

Verdict Matrix::try_one(Subject& subject, const Plan& plan, const std::string& kind) {
  subject.prepare();
  Outcome outcome;
  run_with(
      plan, [&] { outcome = subject.run(); }, [&] { subject.wait(); }, subject.whom());
  const Verdict verdict = judge(subject, outcome, plan, kind);
  // What changed nothing has left nothing: the fault that comes next would show it.
  const bool is_harmless = verdict == Verdict::kSame && !options_.choice.all;
  const bool well = is_harmless || recovers(subject, plan, kind);
  if (options_.tell) {
    fmt::print("{}, {}: {} counted {} {}{}\n", kind, name_of(plan), static_cast<int>(verdict),
               outcome.counted, outcome.first_failure,
               outcome.error ? " failed: " + outcome.error->message() : "");
  }
  return well ? verdict : Verdict::kWrong;
}

void Matrix::take(Subject& subject) {
  remember(subject, subject.reset());
  subject.prepare();
  const auto calls = calls_of([&] { subject.touch(); }, subject.whom());
  Kinds kinds;
  for (const Call& call : calls) {
    kinds.push_back(subject.kind_of(call));
    if (!subject.takes(kinds.back())) kinds.back().clear();
  }
  for (const Plan& plan : plans_for(calls, kinds, options_.choice)) {
    if (kinds[plan.at].empty()) continue;
    table_.add(row_of(kinds[plan.at]), plan, try_one(subject, plan, kinds[plan.at]));
  }
  // As it was found.
  subject.reset();
}

std::string Matrix::text() const {
  std::string text = table_.text();
  text += fmt::format(
      "\nthe same: {}, less and counted: {}, a pass given up: {}, excused: {}, wrong: {}\n\n",
      table_.count(Verdict::kSame), table_.count(Verdict::kLess), table_.count(Verdict::kKept),
      table_.count(Verdict::kUncounted), wrong());
  for (const auto& [reason, rows] : excuses_) {
    text += fmt::format("- {} ({})\n", reason, fmt::join(rows, ", "));
  }
  return text;
}

}  // namespace kcommons::test
