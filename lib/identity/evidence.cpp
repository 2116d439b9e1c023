#include "identity/evidence.hpp"

#include <algorithm>
#include <array>
#include <system_error>

namespace kcommons::identity {

namespace {

constexpr std::array<std::string_view, kSourceCount> kNames{
    "cgroup", "bundle", "runtime_state", "docker",   "cri_o",
    "podman", "parent", "mounts",        "machines", "kubelet_logs"};

bool may_pass(const Error& error) {
  return error.kind() == ErrorKind::kExhausted || error.code() == std::errc::io_error ||
         error.code() == std::errc::interrupted;
}

}  // namespace

void FailureCounts::count(Source source, const Error& error) {
  if (error.kind() == ErrorKind::kGone) return;
  ++counts_.at(static_cast<std::size_t>(source));
  if (may_pass(error)) ++passing_;
  starved_ = starved_ || error.kind() == ErrorKind::kExhausted;
}

void FailureCounts::add(const FailureCounts& others) {
  for (std::size_t i = 0; i < kSourceCount; ++i) counts_.at(i) += others.counts_.at(i);
  passing_ += others.passing_;
}

std::string_view name_of(Source source) {
  return kNames.at(static_cast<std::size_t>(source));
}

std::optional<Source> find_source(std::string_view name) {
  const auto* const at = std::ranges::find(kNames, name);
  if (at == kNames.end()) return std::nullopt;
  return static_cast<Source>(at - kNames.begin());
}

}  // namespace kcommons::identity
