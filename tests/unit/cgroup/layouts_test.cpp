#include "cgroup/layouts.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "unit/cgroup/ids.hpp"

namespace cgroup = kcommons::cgroup;
using cgroup::Role;
using cgroup::Runtime;
using kcommons::tests::kX;
using kcommons::tests::kY;
using kcommons::tests::with_ids;

namespace {

// In these paths <X> and <Y> stand for two ids of 64 hex digits.
cgroup::Placement placed(const std::string& path) {
  static const cgroup::Layouts layouts = cgroup::Layouts::built_in();
  return cgroup::resolve_path(with_ids(path), layouts);
}

struct Row {
  const char* path;
  Runtime runtime;
  const char* id;
};

}  // namespace

TEST_CASE("each runtime's own layout gives its runtime and id", "[cgroup]") {
  const auto row = GENERATE(values<Row>({
      {"/docker/<X>", Runtime::kDocker, "<X>"},
      {"/system.slice/docker-<X>.scope", Runtime::kDocker, "<X>"},
      {"/system.slice/docker-<X>.scope/nested/inner", Runtime::kDocker, "<X>"},
      {"/eco.slice/eco-parent.slice/docker-<X>.scope", Runtime::kDocker, "<X>"},
      {"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-<X>.scope",
       Runtime::kDocker, "<X>"},
      {"/ecs/0123456789abcdef0123456789abcdef/<X>", Runtime::kDocker, "<X>"},
      {"/system.slice:docker:<X>", Runtime::kDocker, "<X>"},
      {"/docker/buildkit/q5x1pt6qz0d3l8w7rj2mfk4ha", Runtime::kBuildkit,
       "q5x1pt6qz0d3l8w7rj2mfk4ha"},
      {"/docker/buildkit/short", Runtime::kBuildkit, "short"},
      {"/own/buildkit/q5x1pt6qz0d3l8w7rj2mfk4ha", Runtime::kBuildkit, "q5x1pt6qz0d3l8w7rj2mfk4ha"},
      {"/docker/buildkit/<X>", Runtime::kBuildkit, "<X>"},
      {"/system.slice/docker-q5x1pt6qz0d3l8w7rj2mfk4ha.scope", Runtime::kBuildkit,
       "q5x1pt6qz0d3l8w7rj2mfk4ha"},
      {"/default/nerdctl-<X>", Runtime::kContainerd, "<X>"},
      {"/system.slice/nerdctl-<X>.scope", Runtime::kContainerd, "<X>"},
      {"/system.slice/cri-containerd-<X>.scope", Runtime::kContainerdCri, "<X>"},
      {"/system.slice/crio-<X>.scope/container", Runtime::kCriO, "<X>"},
      {"/libpod_parent/libpod-<X>", Runtime::kPodman, "<X>"},
      {"/libpod_parent/<Y>/libpod-<X>", Runtime::kPodman, "<X>"},
      {"/machine.slice/libpod-<X>.scope/container", Runtime::kPodman, "<X>"},
      {"/machine.slice/machine-libpod_pod_<Y>.slice/libpod-<X>.scope", Runtime::kPodman, "<X>"},
      {"/system.slice/web.service/libpod-payload-<X>", Runtime::kPodman, "<X>"},
      {"/user.slice/user-1000.slice/session-3.scope/libpod-payload-<X>/a/b", Runtime::kPodman,
       "<X>"},
      {"/eco-parent/<X>", Runtime::kOci, "<X>"},
      {"/<X>", Runtime::kOci, "<X>"},
      {"/actions_job/<X>", Runtime::kOci, "<X>"},
      {"/foo.slice:own:<X>", Runtime::kOci, "<X>"},
  }));
  CAPTURE(row.path);
  const cgroup::Placement placement = placed(row.path);
  REQUIRE(placement.container);
  CHECK(placement.container->runtime == row.runtime);
  CHECK(placement.container->id == with_ids(row.id));
  CHECK(placement.container->name.empty());
  CHECK(placement.container->pod_uid.empty());
  CHECK(placement.role == Role::kWorkload);
  CHECK(placement.unit.empty());
  CHECK_FALSE(placement.parent);
}

TEST_CASE("what only resembles a container is a unit or path of the host", "[cgroup]") {
  struct Host {
    const char* path;
    const char* unit;
  };
  const auto row = GENERATE(values<Host>({
      {"/system.slice/docker.service", "docker.service"},
      {"/user.slice/user-7.slice/user@7.service/app.slice/docker-desktop.scope",
       "user@7.service/docker-desktop.scope"},
      {"/system.slice/containerd.service", "containerd.service"},
      {"/system.slice/lxc.service", "lxc.service"},
      {"/docker", "/docker"},
      {"/docker/buildkit", "/docker/buildkit"},
      {"/lxc", "/lxc"},
      {"/lxc.pivot", "/lxc.pivot"},
      {"/kubepods/burstable", "/kubepods/burstable"},
      {"/libpod_parent/conmon", "/libpod_parent/conmon"},
      {"/libpod_parent/<X>", "/libpod_parent/<X>"},
      {"/docker/<X>0", "/docker/<X>0"},
      {"/docker/0123456789ab", "/docker/0123456789ab"},
      {"/g<X>", "/g<X>"},
      {"/eco-runc1", "/eco-runc1"},
      {"/default/eco-ctr1", "/default/eco-ctr1"},
      {"/garden/0123", "/garden/0123"},
      {"/podman/box", "/podman/box"},
      {"/system.slice/docker-<X>0.scope", "docker-<X>0.scope"},
      {"/system.slice/docker-<X>.service", "docker-<X>.service"},
      {"/system.slice/docker-<X>.mount", "docker-<X>.mount"},
      {"/system.slice/var-lib-docker-overlay2-<X>-merged.mount",
       "var-lib-docker-overlay2-<X>-merged.mount"},
      {"/lxc.payload.box-rootfs.mount", "lxc.payload.box-rootfs.mount"},
      {"/own/buildkit/short", "/own/buildkit/short"},
      {"/system.slice/machine-web.scope", "machine-web.scope"},
      {"/machine.slice", "machine.slice"},
      {"/system.slice/web.service/runtime", "web.service"},
      {"/system.slice/box.service/payload", "box.service"},
      {"/system.slice/box.service/payload/system.slice/sshd.service", "box.service"},
      {"/system.slice/box.service/supervisor", "box.service"},
      {"/system.slice/foo.slice:own:short", "system.slice"},
  }));
  CAPTURE(row.path);
  const cgroup::Placement placement = placed(row.path);
  CHECK_FALSE(placement.container);
  CHECK(placement.role == Role::kWorkload);
  CHECK(placement.unit == with_ids(row.unit));
  CHECK(placement.path == with_ids(row.path));
}

TEST_CASE("63 hex digits are no id of 64", "[cgroup]") {
  const std::string almost(63, 'a');
  CHECK_FALSE(placed("/system.slice/docker-" + almost + ".scope").container);
  CHECK_FALSE(placed("/docker/" + almost).container);
  CHECK_FALSE(placed("/system.slice/docker-" + almost + "g.scope").container);
  CHECK(placed("/docker/" + almost + "a").container);
}

TEST_CASE("machines are known by their name", "[cgroup]") {
  struct Machine {
    const char* path;
    Runtime runtime;
    const char* name;
    Role role = Role::kWorkload;
  };
  const auto row = GENERATE(values<Machine>({
      {"/lxc.payload.x1", Runtime::kLxc, "x1"},
      {"/lxc.payload.x1/init.scope", Runtime::kLxc, "x1"},
      {"/lxc.payload.my.dotted.name/system.slice/a.service", Runtime::kLxc, "my.dotted.name"},
      {"/lxc.payload.project_name", Runtime::kLxc, "project_name"},
      {"/lxc.payload/x1", Runtime::kLxc, "x1"},
      {"/lxc.monitor.x1", Runtime::kLxc, "x1", Role::kRuntime},
      {"/lxc.monitor/101", Runtime::kLxc, "101", Role::kRuntime},
      {"/lxc/x1/system.slice/foo.service", Runtime::kLxc, "x1"},
      {"/lxc/101/ns/init.scope", Runtime::kLxc, "101"},
      {"/user.slice/user-7.slice/session-1.scope/lxc.payload.mine", Runtime::kLxc, "mine"},
      {"/machine.slice/machine-web.scope", Runtime::kSystemdNspawn, "web"},
      {"/machine.slice/machine-web.scope/payload/system.slice/x.service", Runtime::kSystemdNspawn,
       "web"},
      {"/machine.slice/machine-web.scope/supervisor", Runtime::kSystemdNspawn, "web",
       Role::kRuntime},
      {R"(/machine.slice/machine-my\x2dweb.scope/payload)", Runtime::kSystemdNspawn, "my-web"},
      {R"(/machine.slice/machine-bad\xzz\x2.scope/payload)", Runtime::kSystemdNspawn,
       R"(bad\xzz\x2)"},
      {R"(/own.slice/machine-qemu\x2dlike.scope/payload)", Runtime::kSystemdNspawn, "qemu-like"},
      {"/machine.slice/systemd-nspawn@web.service/payload", Runtime::kSystemdNspawn, "web"},
      {"/machine.slice/systemd-nspawn@web.service/payload/init.scope", Runtime::kSystemdNspawn,
       "web"},
      {R"(/machine.slice/systemd-nspawn@a\x2db.service/supervisor)", Runtime::kSystemdNspawn, "a-b",
       Role::kRuntime},
      {R"(/machine.slice/machine-qemu\x2d1\x2dvm.scope/libvirt/emulator)", Runtime::kLibvirt, "vm"},
      {R"(/machine.slice/machine-qemu\x2d12\x2dmy\x2dvm.scope/libvirt/vcpu0)", Runtime::kLibvirt,
       "my-vm"},
      {R"(/machine.slice/machine-lxc\x2d3\x2dbox.scope)", Runtime::kLibvirt, "box"},
      {R"(/machine.slice/machine-prod.slice/machine-qemu\x2d4\x2dvm.scope)", Runtime::kLibvirt,
       "vm"},
      {R"(/machine.slice/machine-qemu\x2dodd.scope)", Runtime::kLibvirt, "odd"},
      {"/machine/qemu-7-vm.libvirt-qemu/emulator", Runtime::kLibvirt, "vm"},
      {"/machine/box.libvirt-lxc", Runtime::kLibvirt, "box"},
  }));
  CAPTURE(row.path);
  const cgroup::Placement placement = placed(row.path);
  REQUIRE(placement.container);
  CHECK(placement.container->runtime == row.runtime);
  CHECK(placement.container->name == row.name);
  CHECK(placement.container->id == row.name);
  CHECK(placement.role == row.role);
  CHECK(placement.unit.empty());
}

TEST_CASE("a name that decodes to dots stays as it was written", "[cgroup]") {
  const auto placement = placed(R"(/machine.slice/machine-\x2e\x2e.scope)");
  REQUIRE(placement.container);
  CHECK(placement.container->name == R"(\x2e\x2e)");
}

TEST_CASE("pods give their uid and class with either driver", "[cgroup]") {
  struct PodRow {
    const char* path;
    Runtime runtime;
    const char* uid;
    const char* qos;
  };
  const auto row = GENERATE(values<PodRow>({
      {"/kubepods/burstable/pod0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0/<X>", Runtime::kContainerdCri,
       "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", "burstable"},
      {"/kubepods/besteffort/pod1111/<X>/sub", Runtime::kContainerdCri, "1111", "besteffort"},
      {"/kubepods/pod0123456789abcdef0123456789abcdef/<X>", Runtime::kContainerdCri,
       "0123456789abcdef0123456789abcdef", "guaranteed"},
      {"/kubepods/burstable/podmy-own-uid/<X>", Runtime::kContainerdCri, "my-own-uid", "burstable"},
      {"/kubepods/burstable/pod1111/crio-<X>", Runtime::kCriO, "1111", "burstable"},
      {"/kubepods.slice/kubepods-pod1111_2222.slice/crio-<X>.scope", Runtime::kCriO, "1111-2222",
       "guaranteed"},
      {"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1_2.slice/"
       "cri-containerd-<X>.scope",
       Runtime::kContainerdCri, "1-2", "besteffort"},
      {"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
       "kubelet-kubepods-burstable-pod1_2.slice/cri-containerd-<X>.scope/a",
       Runtime::kContainerdCri, "1-2", "burstable"},
      {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/docker-<X>.scope",
       Runtime::kDocker, "1-2", "burstable"},
      {"/kubepods.slice/kubepods-pod1_2.slice/<X>", Runtime::kContainerdCri, "1-2", "guaranteed"},
      {"/kubepods-pod1111.slice:cri-containerd:<X>", Runtime::kContainerdCri, "1111", "guaranteed"},
      {"/system.slice/containerd.service/kubepods-burstable-pod1_2.slice:cri-containerd:<X>/sub",
       Runtime::kContainerdCri, "1-2", "burstable"},
      {"/system.slice/crio.service/kubepods-besteffort-pod1_2.slice:crio:<X>", Runtime::kCriO,
       "1-2", "besteffort"},
  }));
  CAPTURE(row.path);
  const cgroup::Placement placement = placed(row.path);
  REQUIRE(placement.container);
  CHECK(placement.container->runtime == row.runtime);
  CHECK(placement.container->id == kX);
  CHECK(placement.container->pod_uid == row.uid);
  CHECK(placement.container->qos == row.qos);
  CHECK_FALSE(placement.parent);
}

TEST_CASE("an id below a pod need not be hex", "[cgroup]") {
  const auto placement = placed("/kubepods/burstable/pod1111/web-1");
  REQUIRE(placement.container);
  CHECK(placement.container->runtime == Runtime::kContainerdCri);
  CHECK(placement.container->id == "web-1");
}

TEST_CASE("a process right in a pod's cgroup is in no container", "[cgroup]") {
  const auto cgroupfs = placed("/kubepods/burstable/pod1111-2222");
  CHECK_FALSE(cgroupfs.container);
  CHECK(cgroupfs.unit == "/kubepods/burstable/pod1111-2222");
  const auto systemd = placed("/kubepods.slice/kubepods-pod1_2.slice");
  CHECK_FALSE(systemd.container);
  CHECK(systemd.unit == "kubepods-pod1_2.slice");
  CHECK(systemd.slice == "kubepods.slice");
}

TEST_CASE("a monitor is a helper of the container whose id it carries", "[cgroup]") {
  struct Monitor {
    const char* path;
    Runtime runtime;
  };
  const auto row = GENERATE(values<Monitor>({
      {"/machine.slice/libpod-conmon-<X>.scope", Runtime::kPodman},
      {"/user.slice/user-7.slice/user@7.service/user.slice/libpod-conmon-<X>.scope",
       Runtime::kPodman},
      {"/system.slice/crio-conmon-<X>.scope", Runtime::kCriO},
      {"/kubepods/burstable/pod1111/crio-conmon-<X>", Runtime::kCriO},
      {"/system.slice/other-conmon-<X>.scope", Runtime::kOci},
  }));
  CAPTURE(row.path);
  const cgroup::Placement placement = placed(row.path);
  REQUIRE(placement.container);
  CHECK(placement.container->runtime == row.runtime);
  CHECK(placement.container->id == kX);
  CHECK(placement.role == Role::kRuntime);
  CHECK(placement.unit.empty());
}

TEST_CASE("of nested containers the innermost holds and the next outer is its parent", "[cgroup]") {
  struct Nested {
    const char* path;
    Runtime runtime;
    Runtime parent_runtime;
    const char* parent_id;
  };
  const auto row = GENERATE(values<Nested>({
      {"/docker/<Y>/docker/<X>", Runtime::kDocker, Runtime::kDocker, "<Y>"},
      {"/docker/<Y>/kubelet/kubepods/burstable/pod1111/<X>", Runtime::kContainerdCri,
       Runtime::kDocker, "<Y>"},
      {"/system.slice/docker-<Y>.scope/kubelet.slice/kubelet-kubepods.slice/"
       "kubelet-kubepods-pod1_2.slice/cri-containerd-<X>.scope",
       Runtime::kContainerdCri, Runtime::kDocker, "<Y>"},
      {"/lxc.payload.box/system.slice/docker-<X>.scope", Runtime::kDocker, Runtime::kLxc, "box"},
      {"/kubepods/pod1111/<Y>/libpod_parent/libpod-<X>", Runtime::kPodman, Runtime::kContainerdCri,
       "<Y>"},
      {"/docker/<Y>/<X>", Runtime::kOci, Runtime::kDocker, "<Y>"},
      {"/docker/<Y>/libpod-<X>.scope/libpod-payload-<X>", Runtime::kPodman, Runtime::kDocker,
       "<Y>"},
  }));
  CAPTURE(row.path);
  const cgroup::Placement placement = placed(row.path);
  REQUIRE(placement.container);
  CHECK(placement.container->runtime == row.runtime);
  CHECK(placement.container->id == kX);
  REQUIRE(placement.parent);
  CHECK(placement.parent->runtime == row.parent_runtime);
  CHECK(placement.parent->id == with_ids(row.parent_id));
}

TEST_CASE("the parent is the next outer container and not the outermost", "[cgroup]") {
  const auto placement = placed("/lxc.payload.box/docker/<Y>/docker/<X>");
  REQUIRE(placement.parent);
  CHECK(placement.parent->id == kY);
}

TEST_CASE("a pod is the container's around which it is and not that of one further in",
          "[cgroup]") {
  const auto placement = placed("/kubepods/burstable/pod1111/<Y>/docker/<X>");
  REQUIRE(placement.container);
  CHECK(placement.container->pod_uid.empty());
  CHECK(placement.container->qos.empty());
  REQUIRE(placement.parent);
  CHECK(placement.parent->pod_uid == "1111");
  CHECK(placement.parent->qos == "burstable");
}

TEST_CASE("every built-in row parses and is in use", "[cgroup]") {
  const auto rows = cgroup::Layouts::built_in_rows();
  CHECK(rows.size() > 30);
  cgroup::Layouts layouts;
  for (const cgroup::LayoutRow& row : rows) {
    CAPTURE(row.pattern);
    const auto added = layouts.add(row.pattern, row.runtime, row.role);
    CHECK(added.has_value());
  }
}

TEST_CASE("a user's layout is asked before the built-in ones", "[cgroup]") {
  cgroup::Layouts layouts = cgroup::Layouts::built_in();
  REQUIRE(layouts.add("/garden/{id}", "oci"));
  REQUIRE(layouts.add("nomad.slice/{id64}.scope", "docker"));
  REQUIRE(layouts.add("jobs/{id64}", "crun"));
  REQUIRE(layouts.add("helpers/{id}", "runc", "runtime"));
  REQUIRE(layouts.add("cache/{id64}", "none"));

  const auto garden = cgroup::resolve_path("/garden/abc/sub", layouts);
  REQUIRE(garden.container);
  CHECK(garden.container->runtime == Runtime::kOci);
  CHECK(garden.container->id == "abc");
  CHECK_FALSE(cgroup::resolve_path("/x/garden/abc", layouts).container);

  const auto nomad = cgroup::resolve_path(with_ids("/nomad.slice/<X>.scope"), layouts);
  REQUIRE(nomad.container);
  CHECK(nomad.container->runtime == Runtime::kDocker);
  CHECK(nomad.container->id == kX);

  const auto jobs = cgroup::resolve_path(with_ids("/jobs/<X>"), layouts);
  REQUIRE(jobs.container);
  CHECK(jobs.container->runtime == Runtime::kCrun);

  CHECK(cgroup::resolve_path("/helpers/h", layouts).role == Role::kRuntime);
  CHECK(cgroup::resolve_path(with_ids("/cache/<X>"), layouts).unit == with_ids("/cache/<X>"));
}

TEST_CASE("a user's layout that is the runtime's own wins over a bare id in an earlier line",
          "[cgroup]") {
  cgroup::Layouts layouts = cgroup::Layouts::built_in();
  REQUIRE(layouts.add("garden/{id}", "oci"));
  const auto placement = cgroup::resolve(with_ids("3:pids:/garden/g1\n0::/any/<X>\n"), layouts);
  REQUIRE(placement.container);
  CHECK(placement.container->id == "g1");
}

TEST_CASE("a wrong layout is refused with what is wrong and what is expected", "[cgroup]") {
  cgroup::Layouts layouts = cgroup::Layouts::built_in();
  const auto message = [&layouts](auto... arguments) {
    const auto added = layouts.add(arguments...);
    return added ? std::string() : added.error().message();
  };
  CHECK(message("/garden/{id}", "garden") ==
        "layout \"/garden/{id}\": unknown runtime \"garden\", expected one of docker, containerd, "
        "containerd-cri, cri-o, podman, lxc, systemd-nspawn, libvirt, runc, crun, buildkit, oci or "
        "none");
  CHECK(message("/garden/{id}", "oci", "helper") ==
        "layout \"/garden/{id}\": unknown role \"helper\", expected workload or runtime");
  CHECK(message("garden", "oci") ==
        "layout \"garden\": names no container, expected one of {id64}, {id25}, {id} or {name}");
  CHECK(message("x/{uuid}", "oci") ==
        "layout \"x/{uuid}\": unknown placeholder {uuid}, expected {id64}, {id25}, {id}, {name}, "
        "{n} or {pod}");
  CHECK_FALSE(cgroup::resolve_path("/garden/abc", layouts).container);
}

TEST_CASE("runtimes have names and back", "[cgroup]") {
  for (const char* name : {"docker", "containerd", "containerd-cri", "cri-o", "podman", "lxc",
                           "systemd-nspawn", "libvirt", "runc", "crun", "buildkit", "oci"}) {
    const auto runtime = cgroup::runtime_from_name(name);
    REQUIRE(runtime);
    CHECK(cgroup::name_of(*runtime) == name);
  }
  CHECK_FALSE(cgroup::runtime_from_name("Docker"));
  CHECK_FALSE(cgroup::runtime_from_name(""));
  CHECK_FALSE(cgroup::runtime_from_name("none"));
  CHECK(cgroup::name_of(Role::kWorkload) == "workload");
  CHECK(cgroup::name_of(Role::kRuntime) == "runtime");
}
