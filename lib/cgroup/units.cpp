#include "cgroup/units.hpp"

#include "base/text.hpp"

namespace kcommons::cgroup {

namespace {

constexpr std::string_view kRootSlice = "-.slice";

std::optional<std::uint32_t> uid_between(std::string_view text, std::string_view prefix,
                                         std::string_view suffix) {
  if (text.size() < prefix.size() + suffix.size()) return std::nullopt;
  if (!text.starts_with(prefix) || !text.ends_with(suffix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  text.remove_suffix(suffix.size());
  return text::parse_number<std::uint32_t>(text);
}

std::optional<std::uint32_t> manager_uid(std::string_view component) {
  return uid_between(component, "user@", ".service");
}

// systemd puts one '_' before a unit's name where the kernel could take it for a file of its own,
// as in _memory.service (cg_escape() in systemd's src/basic/cgroup-util.c).
std::string unit_text(std::string_view component) {
  if (component.starts_with('_')) component.remove_prefix(1);
  return std::string(component);
}

// Below a unit's payload and supervisor, which nspawn makes with --keep-unit, the units are those
// of the machine inside. They belong to the host's unit as all of the machine does.
Components host_part(Components components) {
  for (std::size_t i = 1; i < components.size(); ++i) {
    const bool is_machine = components[i] == "payload" || components[i] == "supervisor";
    if (is_machine && is_unit_name(components[i - 1])) return components.first(i);
  }
  return components;
}

// One past the deepest component that satisfies `is_wanted`; 0 when none does.
template <typename Predicate>
std::size_t end_of_deepest(Components components, Predicate is_wanted) {
  std::size_t end = components.size();
  while (end > 0 && !is_wanted(components[end - 1])) --end;
  return end;
}

}  // namespace

std::string deepest_slice(Components components) {
  const std::size_t end = end_of_deepest(components, is_slice_name);
  return end == 0 ? std::string{} : unit_text(components[end - 1]);
}

std::optional<std::uint32_t> session_uid(Components components) {
  std::optional<std::uint32_t> of_slice;
  for (const std::string_view component : components) {
    if (const auto uid = manager_uid(component)) return uid;
    if (!of_slice) of_slice = uid_between(component, "user-", ".slice");
  }
  return of_slice;
}

HostUnit host_unit(const Path& path) {
  const Components components = host_part(path.components);
  std::size_t end = end_of_deepest(components, is_unit_name);
  // Slices below a service are units only where that service is a user's systemd.
  const bool holds_slices = end == 0 || manager_uid(components[end - 1]).has_value();
  if (holds_slices) {
    const std::size_t slice_end = end_of_deepest(components, is_slice_name);
    if (slice_end > end) end = slice_end;
  }
  if (end == 0) return {path.text(), {}};

  HostUnit unit;
  const Components above = components.first(end - 1);
  const std::size_t manager_end = end_of_deepest(
      above, [](std::string_view component) { return manager_uid(component).has_value(); });
  if (manager_end > 0) unit.name = unit_text(above[manager_end - 1]) + '/';
  unit.name += unit_text(components[end - 1]);
  unit.slice = deepest_slice(above);
  if (unit.slice.empty()) unit.slice = kRootSlice;
  return unit;
}

}  // namespace kcommons::cgroup
