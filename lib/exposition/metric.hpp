// What a row of the metric table is, and the label sets that rows share. Constant data.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "attribution/current_pools.hpp"
#include "attribution/snapshot.hpp"
#include "exposition/sample_sink.hpp"
#include "exposition/text_writer.hpp"

namespace kcommons::exposition {

// What is rendered at one time, and stands together in an exposition.
enum class Block : std::uint8_t {
  kSelf,      // the daemon about itself
  kPools,     // at every pools pass
  kHoldings,  // at every census
};

using EmitPools = void (*)(const std::vector<attribution::CurrentPool>&, SampleSink&);
using EmitHoldings = void (*)(const attribution::Snapshot&, SampleSink&);
// In the order of Block; nothing for kSelf, whose values SelfMetrics keeps.
using Emit = std::variant<std::monostate, EmitPools, EmitHoldings>;

struct Metric {
  std::string_view name;
  MetricType type = MetricType::kGauge;
  std::string_view help;
  std::span<const std::string_view> labels;  // in the order in which they are written
  Block block = Block::kSelf;
  Merge merge = Merge::kSum;
  Emit emit = std::monostate{};
  // Behind these labels stand those of containers that the configuration copies, "label_NAME".
  bool copies_labels = false;
};

namespace labels {

template <std::size_t A, std::size_t B>
constexpr std::array<std::string_view, A + B> joined(
    const std::array<std::string_view, A>& first, const std::array<std::string_view, B>& second) {
  std::array<std::string_view, A + B> all{};
  std::copy(second.begin(), second.end(), std::copy(first.begin(), first.end(), all.begin()));
  return all;
}

template <typename... Names>
constexpr std::array<std::string_view, sizeof...(Names)> named(Names... names) {
  return {names...};
}

// On every series about a container, all five, empty ones as "": an exposed empty label keeps the
// scrape target's own pod and namespace off the series.
inline constexpr auto kContainer =
    named("container_id", "runtime", "container", "pod", "namespace");
inline constexpr auto kPool = named("resource", "userns", "uid");

inline constexpr auto kPoolAndKind = joined(kPool, named("kind"));
inline constexpr auto kPoolAndContainer = joined(kPool, kContainer);
inline constexpr auto kPoolAndUnit = joined(kPool, named("unit"));
inline constexpr auto kPoolRoleContainer = joined(joined(kPool, named("role")), kContainer);
inline constexpr auto kPoolAndCause = joined(kPool, named("cause"));
inline constexpr auto kUser = named("resource", "uid", "user");
inline constexpr auto kRoleAndContainer = joined(named("role"), kContainer);
inline constexpr auto kTypeRoleContainer = joined(named("type"), kRoleAndContainer);
inline constexpr auto kContainerInfo =
    joined(kContainer,
           named("image", "compose_project", "compose_service", "pod_uid", "parent_id", "cgroup"));
inline constexpr auto kResource = named("resource");
inline constexpr auto kCpu = named("cpu");
inline constexpr auto kUnit = named("unit");
inline constexpr auto kResourceInfo =
    named("resource", "unit", "scope", "sysctl", "isolated_by", "error", "accuracy");
inline constexpr auto kReason = named("reason");
inline constexpr auto kKind = named("kind");
inline constexpr auto kKindAndReason = named("kind", "reason");
inline constexpr auto kSource = named("source");
inline constexpr auto kPurpose = named("purpose");
inline constexpr auto kKindAndReader = named("kind", "reader");
inline constexpr auto kSourceInfo = named("source", "reason");
inline constexpr auto kBuildInfo = named("version", "revision", "compiler");
inline constexpr std::span<const std::string_view> kNone{};

}  // namespace labels

}  // namespace kcommons::exposition
