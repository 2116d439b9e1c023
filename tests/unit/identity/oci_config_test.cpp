#include "identity/oci_config.hpp"

#include <catch2/catch.hpp>

#include "fixtures.hpp"

using namespace kcommons;
using namespace kcommons::identity;
using cgroup::Runtime;
using test::fixture;

TEST_CASE("a bundle of containerd's CRI plugin names container, image and pod", "[identity]") {
  for (const std::string name : {"v1hybrid.cri-containerd.container.oci-config.json",
                                 "v2-systemd252.cri-containerd-systemd-container.oci.json"}) {
    CAPTURE(name);
    const auto facts = parse_oci_config(fixture("oci/" + name), Annotations::kOfCri);
    REQUIRE(facts);
    CHECK(facts->runtime == Runtime::kContainerdCri);
    CHECK(facts->sandbox == false);
    CHECK(facts->container == "nginx");
    CHECK(facts->image == "docker.io/library/eco-busybox:1.0");
    CHECK(facts->pod == "web-7d9f");
    CHECK(facts->pod_namespace == "shop");
    CHECK(facts->pod_uid == "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0");
  }
}

TEST_CASE("a pod's sandbox has no container name", "[identity]") {
  for (const std::string name : {"v1hybrid.cri-containerd.sandbox.oci-config.json",
                                 "v2-systemd252.cri-containerd-systemd-sandbox.oci.json"}) {
    CAPTURE(name);
    const auto facts = parse_oci_config(fixture("oci/" + name), Annotations::kOfCri);
    REQUIRE(facts);
    CHECK(facts->sandbox == true);
    CHECK(facts->container.empty());
    CHECK(facts->pod == "web-7d9f");
  }
}

TEST_CASE("annotations of Kubernetes on somebody's own container name nothing", "[identity]") {
  const auto facts = parse_oci_config(
      fixture("oci/v1hybrid.cri-containerd.container.oci-config.json"), Annotations::kOfAnybody);
  REQUIRE(facts);
  CHECK_FALSE(facts->runtime);
  CHECK(facts->pod.empty());
  CHECK(facts->pod_uid.empty());
  CHECK(facts->container.empty());
}

TEST_CASE("what podman borrows of CRI-O is still podman's", "[identity]") {
  for (const std::string name :
       {"v1hybrid.podman.oci-config.json", "v2-systemd252.podman-root.oci.json"}) {
    CAPTURE(name);
    for (const Annotations trust : {Annotations::kOfCri, Annotations::kOfAnybody}) {
      const auto facts = parse_oci_config(fixture("oci/" + name), trust);
      REQUIRE(facts);
      CHECK(facts->runtime == Runtime::kPodman);
      CHECK_FALSE(facts->sandbox);
    }
  }
}

TEST_CASE("annotations of CRI-O name container and pod", "[identity]") {
  const auto facts = parse_oci_config(R"({"annotations": {
      "io.kubernetes.cri-o.ContainerType": "container",
      "io.kubernetes.cri-o.ImageName": "quay.io/nginx:1",
      "io.kubernetes.cri-o.SandboxID": "ab12",
      "io.kubernetes.container.name": "nginx",
      "io.kubernetes.pod.name": "web-0",
      "io.kubernetes.pod.namespace": "shop",
      "io.kubernetes.pod.uid": "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"}})",
                                      Annotations::kOfCri);
  REQUIRE(facts);
  CHECK(facts->runtime == Runtime::kCriO);
  CHECK(facts->sandbox == false);
  CHECK(facts->container == "nginx");
  CHECK(facts->image == "quay.io/nginx:1");
  CHECK(facts->pod == "web-0");
  CHECK(facts->sandbox_id == "ab12");
}

TEST_CASE("nerdctl leaves the name in an annotation", "[identity]") {
  const auto facts =
      parse_oci_config(R"({"annotations": {"nerdctl/name": "web"}})", Annotations::kOfAnybody);
  REQUIRE(facts);
  CHECK(facts->container == "web");
}

TEST_CASE("the cgroup that was asked for is a path", "[identity]") {
  const auto of = [](const std::string& name) {
    return parse_oci_config(fixture("oci/" + name), Annotations::kOfAnybody)->cgroup_path;
  };
  CHECK(of("v1hybrid.ctr.oci-config.json") == "/eco/eco-ctr2");
  CHECK(of("v2-systemd252.docker-systemd.oci.json") ==
        "/system.slice/"
        "docker-a2b0c5e8a7374133820a04220c8497d28a47f4cf574dd382b80e806e211f27d3.scope");
  CHECK(of("v2-systemd252.cri-containerd-systemd-container.oci.json") ==
        "/kubepods.slice/kubepods-burstable.slice/"
        "kubepods-burstable-pod0f1e2d3c_4b5a_6978_8796_a5b4c3d2e1f0.slice/"
        "cri-containerd-bd94e7844ddb343eac7250252777eb82c002b9076a60bb3066c6b74c33e7acfe.scope");
  CHECK(of("v2-systemd252.podman-root.oci.json") ==
        "/machine.slice/"
        "libpod-97e6c1c0549c388d59396c872ad2de38a13e6357b54b9f3eeb6888b09ef3a5bd.scope");
}

TEST_CASE("systemd's form of a cgroup, part by part", "[identity]") {
  CHECK(cgroup_path_of(":docker:x") == "/system.slice/docker-x.scope");
  CHECK(cgroup_path_of("-.slice:p:x") == "/p-x.scope");
  CHECK(cgroup_path_of("a.slice::x") == "/a.slice/x.scope");
  CHECK(cgroup_path_of("a-b-c.slice:p:x") == "/a.slice/a-b.slice/a-b-c.slice/p-x.scope");
  CHECK(cgroup_path_of("a.slice:p:y.slice") == "/a.slice/y.slice");
  CHECK(cgroup_path_of("/a:b:c") == "/a:b:c");
  CHECK(cgroup_path_of("/default/web/") == "/default/web");
  CHECK(cgroup_path_of("//default//web") == "/default/web");
  for (const char* const none : {"", "x", "a:b", "a:b:c", "a.slice:p:", "a.slice:p:x:y"}) {
    CAPTURE(none);
    CHECK(cgroup_path_of(none).empty());
  }
  // Dashes alone: each is one more slice around the rest.
  const std::string longest = std::string(249, '-') + ".slice";
  CHECK(cgroup_path_of(longest + ":p:x").size() > 30'000);
  CHECK(cgroup_path_of("-" + longest + ":p:x").empty());
  CHECK(cgroup_path_of(std::string(1'000'000, '-') + ".slice:p:x").empty());
}

TEST_CASE("a bundle without annotations says nothing, and broken JSON is an error", "[identity]") {
  const auto docker =
      parse_oci_config(fixture("oci/v1hybrid.docker.oci-config.json"), Annotations::kOfAnybody);
  REQUIRE(docker);
  CHECK_FALSE(docker->runtime);
  CHECK(docker->container.empty());
  const std::string whole = fixture("oci/v1hybrid.podman.oci-config.json");
  for (std::size_t length = 0; length + 2 < whole.size(); length += 7) {
    CAPTURE(length);
    const auto cut = parse_oci_config(whole.substr(0, length), Annotations::kOfCri);
    REQUIRE_FALSE(cut);
    CHECK(cut.error().kind() == ErrorKind::kMalformed);
  }
}
