// Every capture of a real runtime, with all the evidence that was captured beside it, against the
// answer key in tests/fixtures/cgroup.
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "cgroup/layouts.hpp"
#include "fake_proc.hpp"
#include "fixtures.hpp"
#include "identity/believed.hpp"
#include "identity/lookup.hpp"
#include "tree.hpp"

using namespace kcommons;
using namespace kcommons::identity;
using nlohmann::json;
using test::fixture;

namespace {

constexpr int kParent = 500;
constexpr int kOldest = 600;

std::string cgroup_file(const std::string& name) {
  std::ifstream file(KCOMMONS_FIXTURES "/cgroup/" + name, std::ios::binary);
  REQUIRE(file.is_open());
  return {std::istreambuf_iterator<char>(file), {}};
}

// What the runtimes of the captures left on disk.
void leave_files(const test::Tree& tree) {
  const std::string tasks = "run/containerd/io.containerd.runtime.v2.task/";
  tree.file(tasks + "eco/eco-ctr2/config.json", fixture("oci/v1hybrid.ctr.oci-config.json"));
  const auto cri = [&](const std::string& id, const std::string& name) {
    tree.file(tasks + "k8s.io/" + id + "/config.json", fixture("oci/" + name));
  };
  cri("9bc9a4f2ff5e3b2d7f968f44e1ef7e093056a22f363741faad57b73a005378f6",
      "v1hybrid.cri-containerd.container.oci-config.json");
  cri("dae67da4e16569a875626fbcd81c26b389173bf687059bf27cdd67e8e1dc5081",
      "v1hybrid.cri-containerd.sandbox.oci-config.json");
  cri("bd94e7844ddb343eac7250252777eb82c002b9076a60bb3066c6b74c33e7acfe",
      "v2-systemd252.cri-containerd-systemd-container.oci.json");
  cri("f678be3ccaee67851fbb2b506dac5a251036edb2c4d23bbb1f18093471979d05",
      "v2-systemd252.cri-containerd-systemd-sandbox.oci.json");
  tree.file(
      "var/lib/docker/containers/"
      "eb777e9ae8296357ccf25666fe1f35a79f49682b7ba5c56b127bb1c16384deee/config.v2.json",
      fixture("runtime/docker.config.v2.json"));
  tree.file("var/lib/containers/storage/overlay-containers/containers.json",
            fixture("runtime/podman.containers.json"));
  tree.file("etc/passwd", "eco:x:1000:1000::/home/eco:/bin/sh\n");
  tree.file("home/eco/.local/share/containers/storage/vfs-containers/containers.json",
            fixture("runtime/podman-rootless.containers.json"));
}

// The capture beside a cgroup file, if there is one: the parent's command line and the mounts.
bool leave_process(test::FakeProc& proc, const std::string& name) {
  const std::string stem = name.substr(0, name.size() - std::string(".cgroup").size());
  const std::string path = std::string(KCOMMONS_FIXTURES) + "/identity/proc/" + stem + ".meta.txt";
  proc.process(kParent);
  proc.process(kOldest);
  if (!std::ifstream(path)) return false;
  const std::string text = fixture("proc/" + stem + ".meta.txt");
  constexpr std::string_view kPrefix = "v2-systemd252.";
  if (text.find(" + echo") != std::string::npos) {
    proc.file(std::to_string(kParent) + "/cmdline", test::parent_of(stem.substr(kPrefix.size())));
  }
  const auto mounts = text.find("mountinfo:\n");
  proc.file(std::to_string(kOldest) + "/mountinfo", text.substr(mounts + 11));
  return true;
}

census::ProcessRecord process(int pid, int parent, std::uint32_t placement, std::uint32_t uid) {
  census::ProcessRecord record;
  record.pid = Pid(pid);
  record.parent = Pid(parent);
  record.start_time = static_cast<std::uint64_t>(pid);
  record.placement = placement;
  record.user_ns = 0;
  record.real_uid = Uid(uid);
  record.effective_uid = Uid(uid);
  return record;
}

// The container's process and its parent: in the unit of who started it, but where a runtime leaves
// both in one cgroup.
census::Census census_of(const std::string& name, const json& expected, bool has_parent) {
  census::Census census;
  census.user_namespaces.push_back({.inode = kInitialUserNs});
  census.placements.push_back(cgroup::resolve(cgroup_file(name), cgroup::Layouts::built_in()));
  const bool is_shared = expected.value("path", "").find("/podman-") != std::string::npos;
  if (!is_shared) {
    census.placements.push_back(
        cgroup::resolve("0::/system.slice/starter.service\n", cgroup::Layouts::built_in()));
  }
  const std::uint32_t uid = expected.value("rootless_uid", 0U);
  if (has_parent) census.processes.push_back(process(kParent, 1, is_shared ? 0 : 1, uid));
  census.processes.push_back(process(kOldest, kParent, 0, uid));
  return census;
}

void check(const census::Census& census, const json& expected) {
  const cgroup::Placement& placement = census.placements[census.processes.back().placement];
  if (expected["runtime"] == "none") {
    CHECK_FALSE(placement.container);
    return;
  }
  REQUIRE(placement.container);
  const cgroup::Container& container = *placement.container;
  CHECK(std::string(cgroup::name_of(container.runtime)) == expected["runtime"]);
  if (expected.contains("container_id") && expected["container_id"].is_string()) {
    CHECK(container.id == expected["container_id"]);
  }
  const auto at = census.names.find(census::key_of(container));
  REQUIRE(at != census.names.end());
  const census::ContainerNames& names = *at->second;
  if (expected.contains("container_name")) CHECK(names.container == expected["container_name"]);
  if (expected.contains("namespace")) CHECK(names.pod_namespace == expected["namespace"]);
  if (expected.contains("pod_uid")) CHECK(names.pod_uid == expected["pod_uid"]);
  if (expected.contains("is_sandbox")) CHECK(names.sandbox == expected["is_sandbox"]);
}

census::Census believed(const std::string& name, const json& expected) {
  const test::Tree tree;
  leave_files(tree);
  test::FakeProc proc;
  const bool has_parent = leave_process(proc, name);
  Lookup lookup({.rootfs = tree.root(),
                 .procfs = proc.path(),
                 .roots = test::usual_roots(),
                 .off = {},
                 .labels = {}});
  lookup.refresh();
  census::Census census = census_of(name, expected, has_parent);
  std::vector<Answer> answers;
  for (const Question& question : questions_of(census)) {
    answers.push_back(question.oldest == ProcessName() ? Answer{} : lookup.ask(question));
  }
  std::vector<const Answer*> pointers;
  for (const Answer& answer : answers) pointers.push_back(&answer);
  believe(pointers, census);
  return census;
}

}  // namespace

TEST_CASE("every capture resolves as the answer key says, with all evidence", "[identity]") {
  const json key = json::parse(cgroup_file("expected.json"));
  REQUIRE(key.size() >= 30);
  int asked = 0;
  for (const auto& [name, expected] : key.items()) {
    if (expected.value("note", "").find("run live") != std::string::npos) continue;
    CAPTURE(name);
    check(believed(name, expected), expected);
    ++asked;
  }
  CHECK(asked >= 28);
}

TEST_CASE("names of captures are those that people gave", "[identity]") {
  const json key = json::parse(cgroup_file("expected.json"));
  const auto name_of = [&](const std::string& file) {
    const census::Census census = believed(file, key[file]);
    const auto& placement = census.placements[census.processes.back().placement];
    return census.names.at(census::key_of(*placement.container))->container;
  };
  CHECK(name_of("v1hybrid-cgroupfs.docker-cgroupfs-v1hybrid.eco-web.cgroup") == "eco-web");
  CHECK(name_of("v1hybrid-cgroupfs.podman.eco-pod-runc.cgroup") == "eco-pod-runc");
  CHECK(name_of("v1hybrid-cgroupfs.cri-containerd.container.cgroup") == "nginx");
  CHECK(name_of("v2-systemd252.podman-rootless-cgroupfs.cgroup") == "eco-rootless2");
  CHECK(name_of("v2-systemd252.podman-rootless-systemd.cgroup") == "eco-rootless");
  CHECK(name_of("v2-systemd252.podman-root-systemd.cgroup") == "eco-pod");
}
