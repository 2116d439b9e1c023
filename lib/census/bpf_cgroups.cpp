#include "census/bpf_cgroups.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace kcommons::census {

namespace {

constexpr std::size_t kMostLevels = 128;

// The second field of a line; cgroup2 has none.
std::string controllers_of(std::uint32_t flags) {
  std::string out;
  const auto add = [&](std::uint32_t flag, std::string_view name) {
    if ((flags & flag) == 0) return;
    if (!out.empty()) out += ',';
    out += name;
  };
  add(KC_HIERARCHY_MEMORY, "memory");
  add(KC_HIERARCHY_PIDS, "pids");
  add(KC_HIERARCHY_SYSTEMD, "name=systemd");
  return out;
}

}  // namespace

void BpfCgroups::take(const bpf::CgroupRecord& record) {
  directories_[record.id] = {.parent = record.parent, .name = std::string(record.name)};
}

void BpfCgroups::take(const kc_css_set& record) {
  sets_[record.id] = record;
}

void BpfCgroups::append_path(std::uint64_t cgroup, std::string& out) const {
  std::vector<std::string_view> names;  // from the innermost outwards, the root left out
  auto at = directories_.find(cgroup);
  while (at != directories_.end() && at->second.parent != 0 && names.size() < kMostLevels) {
    names.emplace_back(at->second.name);
    at = directories_.find(at->second.parent);
  }
  if (names.empty()) out += '/';
  std::ranges::for_each(names.rbegin(), names.rend(), [&](std::string_view name) {
    out += '/';
    out += name;
  });
}

void BpfCgroups::append_line(const kc_membership& in, std::string& out) const {
  const std::string controllers = controllers_of(in.flags);
  const bool unified = (in.flags & KC_HIERARCHY_DEFAULT) != 0;
  if (!unified && controllers.empty()) return;
  out += unified ? "0" : "1";
  out += ':';
  out += controllers;
  out += ':';
  append_path(in.cgroup, out);
  if ((in.flags & KC_HIERARCHY_DEAD) != 0) out += " (deleted)";
  out += '\n';
}

std::string BpfCgroups::text_of_set(std::uint64_t css_set) const {
  std::string out;
  const auto at = sets_.find(css_set);
  if (at == sets_.end()) return out;
  for (std::uint32_t i = 0; i < at->second.count; ++i) append_line(at->second.in[i], out);
  return out;
}

std::string BpfCgroups::text_of_cgroup(std::uint64_t cgroup, std::uint32_t flags) const {
  std::string out;
  append_line({.cgroup = cgroup, .hierarchy = 0, .flags = flags}, out);
  return out;
}

}  // namespace kcommons::census
