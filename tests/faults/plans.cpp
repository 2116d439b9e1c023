#include "plans.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kcommons::test {

namespace {

constexpr std::array<std::string_view, 5> kLetters = {"=", "-", "k", "u", "!"};

// The same kind of error as another (kind_of_errno): what is done about one is done about all.
bool is_another_of_its_kind(Fault fault) {
  return fault == Fault::kNoProcess || fault == Fault::kNotPermitted ||
         fault == Fault::kSystemFiles;
}

// What a reader is short of, it is short of at the next call too.
bool may_last(Fault fault) {
  return fault == Fault::kProcessFiles || fault == Fault::kNoMemory;
}

}  // namespace

std::string name_of(const Plan& plan) {
  return std::string(name_of(plan.fault)) + (plan.lasts ? "…" : "");
}

std::vector<Call> calls_of(const std::function<void()>& run, Watch::Whom whom) {
  std::vector<Call> calls;
  const Watch watch(
      [&](const Call& call) {
        calls.push_back(call);
        return Fault::kNone;
      },
      whom);
  run();
  return calls;
}

void run_with(const Plan& plan, const std::function<void()>& run, const std::function<void()>& wait,
              Watch::Whom whom) {
  std::size_t alike = 0;
  bool begun = false;
  const Watch watch(
      [&](const Call& call) {
        const bool is_it =
            call.kind == plan.call.kind && call.path == plan.call.path && alike++ == plan.nth;
        begun = begun || is_it;
        if (!is_it && !(begun && plan.lasts)) return Fault::kNone;
        if (plan.fault == Fault::kSlow) wait();
        return plan.fault;
      },
      whom);
  run();
}

std::vector<Plan> plans_for(const std::vector<Call>& calls, const Kinds& kinds,
                            const Choice& choice) {
  std::map<std::string, std::vector<std::size_t>> by_kind;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i].find(choice.only) != std::string::npos) by_kind[kinds[i]].push_back(i);
  }
  std::vector<Plan> plans;
  for (auto& [kind, indices] : by_kind) {
    if (!choice.all) indices.resize(1);
    for (const std::size_t index : indices) {
      const Call& call = calls[index];
      const auto nth = static_cast<std::size_t>(
          std::count_if(calls.begin(), calls.begin() + static_cast<std::ptrdiff_t>(index),
                        [&](const Call& before) {
                          return before.kind == call.kind && before.path == call.path;
                        }));
      for (int i = 1; i < kFaultCount; ++i) {
        const auto fault = static_cast<Fault>(i);
        if (!applies(fault, call.kind)) continue;
        if (!choice.all && is_another_of_its_kind(fault)) continue;
        plans.push_back({.at = index, .call = call, .nth = nth, .fault = fault});
        if (!may_last(fault)) continue;
        plans.push_back({.at = index, .call = call, .nth = nth, .fault = fault, .lasts = true});
      }
    }
  }
  return plans;
}

void Table::add(const std::string& row, const Plan& plan, Verdict verdict) {
  const std::string column = name_of(plan);
  ++cells_[row][column][static_cast<std::size_t>(verdict)];
  if (std::ranges::find(columns_, column) == columns_.end()) columns_.push_back(column);
}

std::string Table::text() const {
  std::string text = "| call |";
  for (const std::string& column : columns_) text += fmt::format(" {} |", column);
  text += "\n| --- |";
  for (std::size_t i = 0; i < columns_.size(); ++i) text += " --- |";
  for (const auto& [row, cells] : cells_) {
    text += fmt::format("\n| {} |", row);
    for (const std::string& column : columns_) {
      const auto cell = cells.find(column);
      for (std::size_t i = 0; cell != cells.end() && i < kLetters.size(); ++i) {
        if (cell->second[i] > 0) text += fmt::format(" {}{}", cell->second[i], kLetters[i]);
      }
      text += " |";
    }
  }
  return text + "\n";
}

std::size_t Table::count(Verdict verdict) const {
  std::size_t sum = 0;
  for (const auto& [row, cells] : cells_) {
    for (const auto& [column, counts] : cells) sum += counts[static_cast<std::size_t>(verdict)];
  }
  return sum;
}

}  // namespace kcommons::test
