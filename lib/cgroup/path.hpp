// A cgroup path taken apart. Pure and thread-safe; the components are views into the text given,
// which must outlive them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kcommons::cgroup {

// From the root to the leaf. Functions that ask about "the last" get the components above it too.
using Components = std::span<const std::string_view>;

struct Path {
  std::vector<std::string_view> components;
  bool deleted = false;            // " (deleted)" stood at the very end
  bool outside_namespace = false;  // it began with "/.."

  [[nodiscard]] bool is_root() const { return components.empty(); }
  [[nodiscard]] std::string text() const;
};

// A process of which the cgroup was removed shows " (deleted)" behind the path; one outside the
// reader's cgroup namespace shows one "/.." for each level between (cgroup_namespaces(7)). No
// cgroup can be called "." or "..", so neither is ever a component here.
Path parse_path(std::string_view text);

// The name of a systemd unit (systemd.unit(5)) of one of the types that have a cgroup.
bool is_slice_name(std::string_view component);
bool is_unit_name(std::string_view component);  // service, scope, mount, socket, swap: no slice

// Turns the \xNN of systemd's escaping back into bytes; what is no such escape stays as it is. A
// '-' stays too: in the names of machines it is never an escaped '/'.
std::string unescape(std::string_view text);

}  // namespace kcommons::cgroup
