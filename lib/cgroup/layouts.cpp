#include "cgroup/layouts.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>

namespace kcommons::cgroup {

namespace {

// The first row that matches a component decides, so the more special one stands first. Sources:
// what the runtimes write, captured in tests/fixtures/cgroup, and their documentation.
constexpr std::array kBuiltIn{
    // Docker's BuildKit: its ids are 25 digits in base 36; with the systemd driver dockerd gives
    // build steps the prefix of containers.
    LayoutRow{"docker/buildkit/{id}", "buildkit"},
    LayoutRow{"buildkit/{id25}", "buildkit"},
    LayoutRow{"docker-{id25}.scope", "buildkit"},

    LayoutRow{"docker-{id64}[.scope]", "docker"},
    LayoutRow{"docker/{id64}", "docker"},
    LayoutRow{"*:docker:{id}", "docker"},
    LayoutRow{"ecs/*/{id64}", "docker"},

    LayoutRow{"nerdctl-{id64}[.scope]", "containerd"},
    LayoutRow{"*:nerdctl:{id}", "containerd"},
    LayoutRow{"cri-containerd-{id64}[.scope]", "containerd-cri"},
    LayoutRow{"*:cri-containerd:{id}", "containerd-cri"},

    LayoutRow{"crio-{id64}[.scope]", "cri-o"},
    LayoutRow{"crio-conmon-{id64}[.scope]", "cri-o", "runtime"},
    LayoutRow{"*:crio:{id}", "cri-o"},

    // The last is the cgroup of a podman pod, not of a container.
    LayoutRow{"libpod-{id64}[.scope]", "podman"},
    LayoutRow{"libpod-payload-{id64}[.scope]", "podman"},
    LayoutRow{"libpod-conmon-{id64}[.scope]", "podman", "runtime"},
    LayoutRow{"*:libpod:{id}", "podman"},
    LayoutRow{"libpod_parent/{id64}", "none"},

    // LXC 4 and later, then Proxmox, then before LXC 4. LXD and Incus: <project>_<name>.
    LayoutRow{"lxc.payload.{name}", "lxc"},
    LayoutRow{"lxc.monitor.{name}", "lxc", "runtime"},
    LayoutRow{"lxc.payload/{name}", "lxc"},
    LayoutRow{"lxc.monitor/{name}", "lxc", "runtime"},
    LayoutRow{"lxc/{name}", "lxc"},

    // Only nspawn makes payload and supervisor, so what has them is no virtual machine.
    LayoutRow{"machine-{name}.scope/payload", "systemd-nspawn"},
    LayoutRow{"machine-{name}.scope/supervisor", "systemd-nspawn", "runtime"},
    LayoutRow{"systemd-nspawn@{name}.service/supervisor", "systemd-nspawn", "runtime"},
    LayoutRow{"systemd-nspawn@{name}.service", "systemd-nspawn"},

    // libvirt calls a machine <driver>-<number>-<name>; lxc here is libvirt's own driver.
    LayoutRow{R"(machine-qemu\x2d{n}\x2d{name}.scope)", "libvirt"},
    LayoutRow{R"(machine-lxc\x2d{n}\x2d{name}.scope)", "libvirt"},
    LayoutRow{R"(machine*.slice/machine-qemu\x2d{name}.scope)", "libvirt"},
    LayoutRow{R"(machine*.slice/machine-lxc\x2d{name}.scope)", "libvirt"},
    LayoutRow{"qemu-{n}-{name}.libvirt-qemu", "libvirt"},
    LayoutRow{"lxc-{n}-{name}.libvirt-lxc", "libvirt"},
    LayoutRow{"{name}.libvirt-qemu", "libvirt"},
    LayoutRow{"{name}.libvirt-lxc", "libvirt"},
    LayoutRow{"machine*.slice/machine-{name}.scope", "systemd-nspawn"},

    // A runtime on cgroupfs below the kubelet's pod: containerd's, as CRI-O's has its prefix.
    LayoutRow{"{pod}/kata_{id64}", "containerd-cri"},
    LayoutRow{"{pod}/{id}", "containerd-cri"},

    // Whoever made it: the form of the id is all there is to go by.
    LayoutRow{"{id64}", "oci"},
    LayoutRow{"*:*:{id64}", "oci"},
    LayoutRow{"*-conmon-{id64}[.scope]", "oci", "runtime"},
};

constexpr std::string_view kNone = "none";
constexpr std::size_t kShownBytes = 100;

std::optional<Role> role_from_name(std::string_view name) {
  if (name == name_of(Role::kWorkload)) return Role::kWorkload;
  if (name == name_of(Role::kRuntime)) return Role::kRuntime;
  return std::nullopt;
}

Container container_of(Runtime runtime, const Capture& capture) {
  Container container;
  container.runtime = runtime;
  if (!capture.is_name) {
    container.id = capture.text;
    return container;
  }
  container.name = unescape(capture.text);
  // Nothing is called so, but a path that is built from it would lead elsewhere.
  if (container.name == "." || container.name == "..") container.name = capture.text;
  container.id = container.name;
  return container;
}

}  // namespace

Result<Layouts::Row> Layouts::parse_row(const LayoutRow& row) {
  Result<Pattern> pattern = Pattern::parse(row.pattern);
  if (!pattern) return fail(pattern.error());
  const std::optional<Runtime> runtime = runtime_from_name(row.runtime);
  if (!runtime && row.runtime != kNone) {
    return fail(Error::other(fmt::format("unknown runtime \"{}\", expected one of {} or {}",
                                         row.runtime, runtime_names(), kNone)));
  }
  const std::optional<Role> role = role_from_name(row.role);
  if (!role) {
    return fail(
        Error::other(fmt::format("unknown role \"{}\", expected workload or runtime", row.role)));
  }
  if (runtime && !pattern->captures()) {
    return fail(Error::other("names no container, expected one of {id64}, {id25}, {id} or {name}"));
  }
  return Row{*std::move(pattern), runtime, *role, false};
}

std::span<const LayoutRow> Layouts::built_in_rows() {
  return kBuiltIn;
}

Layouts Layouts::built_in() {
  Layouts layouts;
  for (const LayoutRow& text : kBuiltIn) {
    Result<Row> row = parse_row(text);
    if (!row) continue;  // a test holds the table to having no such row
    row->bare = row->runtime == Runtime::kOci;
    layouts.built_in_.push_back(*std::move(row));
  }
  return layouts;
}

Result<void> Layouts::add(std::string_view pattern, std::string_view runtime,
                          std::string_view role) {
  Result<Row> row = parse_row({pattern, runtime, role});
  if (!row) {
    return fail(row.error().during(fmt::format("layout \"{}\"", pattern.substr(0, kShownBytes))));
  }
  added_.push_back(*std::move(row));
  return {};
}

std::optional<LayoutMatch> Layouts::match(Components components) const {
  // The mount unit of a container's file system carries the container's id and is not part of it.
  if (components.empty() || components.back().ends_with(".mount")) return std::nullopt;
  for (const std::vector<Row>* rows : {&added_, &built_in_}) {
    for (const Row& row : *rows) {
      const std::optional<Capture> capture = row.pattern.match(components);
      if (!capture) continue;
      if (!row.runtime) return std::nullopt;
      return LayoutMatch{container_of(*row.runtime, *capture), row.role, row.bare};
    }
  }
  return std::nullopt;
}

}  // namespace kcommons::cgroup
