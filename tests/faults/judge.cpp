#include "judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "base/text.hpp"

namespace kcommons::test {

namespace {

// What a series may become when something could not be read.
enum class Rule {
  kSameOrMissing,
  kNotMore,
  kNotLess,
  kFree,  // what is left over: the books are balanced with it
};

struct Row {
  std::string_view name;
  Rule rule;
};
// All others are kSameOrMissing: what the kernel says is said as it is, or not at all.
constexpr std::array kRules = {
    Row{"kcommons_container_used", Rule::kNotMore},
    Row{"kcommons_host_used", Rule::kNotMore},
    Row{"kcommons_user_used", Rule::kNotMore},
    Row{"kcommons_container_descriptors", Rule::kNotMore},
    Row{"kcommons_container_processes", Rule::kNotMore},
    Row{"kcommons_container_descriptor_limit_ratio", Rule::kNotMore},
    Row{"kcommons_processes", Rule::kNotMore},
    Row{"kcommons_containers", Rule::kNotMore},
    Row{"kcommons_pool_neighbours", Rule::kNotMore},
    Row{"kcommons_processes_unseen", Rule::kNotLess},
    Row{"kcommons_containers_unnamed", Rule::kNotLess},
    Row{"kcommons_value_age_seconds", Rule::kNotLess},
    Row{"kcommons_unattributed", Rule::kFree},
};

std::string_view name_of(std::string_view series) {
  return series.substr(0, series.find('{'));
}

std::string_view label_of(std::string_view series, std::string_view label) {
  const std::string start = fmt::format("{}=\"", label);
  const auto at = series.find(start);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = series.substr(at + start.size());
  return rest.substr(0, rest.find('"'));
}

// With the procfs source the use of these is what was found.
bool is_found(std::string_view series) {
  constexpr std::array<std::string_view, 3> kFound = {"inotify_instances", "inotify_watches",
                                                      "user_processes"};
  return name_of(series).starts_with("kcommons_pool_used") &&
         std::ranges::find(kFound, label_of(series, "resource")) != kFound.end();
}

Rule rule_of(std::string_view series) {
  const auto* const row = std::ranges::find(kRules, name_of(series), &Row::name);
  if (row != kRules.end()) return row->rule;
  return is_found(series) ? Rule::kNotMore : Rule::kSameOrMissing;
}

using Value = std::optional<double>;

Value value_of(const Series& series, const std::string& key) {
  const auto at = series.find(key);
  return at == series.end() ? std::nullopt : Value(at->second);
}

std::string text_of(Value before, Value now) {
  const auto text = [](Value value) {
    return value ? fmt::format("{}", *value) : std::string("missing");
  };
  return text(now) + ", was " + text(before);
}

bool is_allowed(Rule rule, Value before, Value now) {
  if (before == now) return true;
  switch (rule) {
    case Rule::kSameOrMissing:
      return !now;
    case Rule::kNotMore:
      return !now || (before && *now <= *before);
    case Rule::kNotLess:
      return now && before && *now >= *before;
    case Rule::kFree:
      break;
  }
  return true;
}

// Of the series of both, those whose values before and now `is_wanted` with their key.
template <typename IsWanted>
std::vector<Difference> pick(const Series& before, const Series& now, IsWanted is_wanted) {
  std::vector<Difference> found;
  const auto look_at = [&](const std::string& key) {
    const Value old = value_of(before, key);
    const Value fresh = value_of(now, key);
    if (is_wanted(key, old, fresh)) found.push_back({key, text_of(old, fresh)});
  };
  for (const auto& [key, value] : before) look_at(key);
  for (const auto& [key, value] : now) {
    if (!before.contains(key)) look_at(key);
  }
  return found;
}

bool is_holding(std::string_view series) {
  return name_of(series) == "kcommons_container_used" || name_of(series) == "kcommons_host_used";
}

std::string pool_of(std::string_view series) {
  return fmt::format("{} of {} {}", label_of(series, "resource"), label_of(series, "userns"),
                     label_of(series, "uid"));
}

}  // namespace

Series series_of(std::string_view exposition) {
  Series series;
  while (!exposition.empty()) {
    const std::string_view line = text::take_until(exposition, '\n');
    const std::size_t space = line.rfind(' ');
    if (line.starts_with('#') || space == std::string_view::npos) continue;
    series.emplace(line.substr(0, space), std::strtod(line.data() + space, nullptr));
  }
  return series;
}

std::vector<Difference> differences(const Series& before, const Series& now) {
  return pick(before, now,
              [](const std::string& /*key*/, Value old, Value fresh) { return old != fresh; });
}

std::vector<Difference> wrong_numbers(const Series& before, const Series& now) {
  return pick(before, now, [](const std::string& key, Value old, Value fresh) {
    return !is_allowed(rule_of(key), old, fresh);
  });
}

Series held_of_pools(const Series& series) {
  Series held;
  for (const auto& [key, value] : series) {
    if (is_holding(key)) held[pool_of(key)] += value;
  }
  return held;
}

std::vector<Difference> unbalanced(const Series& now) {
  Series sums = held_of_pools(now);
  Series used;
  std::map<std::string, bool> is_attributed;
  for (const auto& [key, value] : now) {
    const std::string pool = pool_of(key);
    if (name_of(key) == "kcommons_unattributed") {
      sums[pool] += value;
      is_attributed[pool] = true;
    }
    if (name_of(key) != "kcommons_pool_used_at_census") continue;
    used[pool] = value;
    if (is_found(key)) is_attributed[pool] = true;
  }
  std::vector<Difference> found;
  for (const auto& [pool, value] : used) {
    if (!is_attributed[pool] || sums[pool] == value) continue;
    found.push_back({pool, text_of(value, sums[pool])});
  }
  return found;
}

}  // namespace kcommons::test
