#include "report/top_words.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kcommons::report {

namespace {

using attribution::By;

template <typename T>
using Word = std::pair<std::string_view, T>;

constexpr std::array<Word<By>, 5> kBys{{{"container", By::kContainer},
                                        {"uid", By::kUid},
                                        {"unit", By::kUnit},
                                        {"process", By::kProcess},
                                        {"pod", By::kPod}}};

constexpr std::array<Word<TopOrder>, 5> kOrders{{{"used", TopOrder::kUsed},
                                                 {"limit", TopOrder::kLimit},
                                                 {"share", TopOrder::kShare},
                                                 {"name", TopOrder::kName},
                                                 {"pool", TopOrder::kPool}}};

template <typename Words>
auto parse(const Words& words, std::string_view name) {
  using T = typename Words::value_type::second_type;
  const auto at = std::ranges::find(words, name, &Words::value_type::first);
  return at == words.end() ? std::nullopt : std::optional<T>(at->second);
}

template <typename Words>
std::string names(const Words& words) {
  std::string all;
  for (const auto& [name, value] : words) {
    if (!all.empty()) all += ", ";
    all += name;
  }
  return all;
}

}  // namespace

std::string_view name_of(TopWho::Kind kind) {
  switch (kind) {
    case TopWho::Kind::kContainer:
      return "container";
    case TopWho::Kind::kHost:
      return "host";
    case TopWho::Kind::kUser:
      return "user";
    case TopWho::Kind::kUnit:
      return "unit";
    case TopWho::Kind::kPod:
      return "pod";
    case TopWho::Kind::kProcess:
      break;
  }
  return "process";
}

std::string_view name_of(By by) {
  return std::ranges::find(kBys, by, &Word<By>::second)->first;
}

std::optional<By> parse_by(std::string_view name) {
  return parse(kBys, name);
}

std::string_view name_of(TopOrder order) {
  return std::ranges::find(kOrders, order, &Word<TopOrder>::second)->first;
}

std::optional<TopOrder> parse_order(std::string_view name) {
  return parse(kOrders, name);
}

std::string by_names() {
  return names(kBys);
}

std::string order_names() {
  return names(kOrders);
}

}  // namespace kcommons::report
