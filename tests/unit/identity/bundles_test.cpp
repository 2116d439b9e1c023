#include "identity/bundles.hpp"

#include <catch2/catch.hpp>

#include "fixtures.hpp"
#include "tree.hpp"

using namespace kcommons;
using namespace kcommons::identity;
using cgroup::Runtime;
using test::fixture;
using test::Tree;

namespace {

const std::string kTasks = "run/containerd/io.containerd.runtime.v2.task/";

std::uint64_t failures_of_refresh(Bundles& bundles) {
  FailureCounts failures;
  bundles.refresh(failures);
  return failures.of(Source::kBundle) + failures.of(Source::kRuntimeState);
}

std::string config(const std::string& cgroup) {
  return R"({"linux": {"cgroupsPath": ")" + cgroup + R"("}})";
}

}  // namespace

TEST_CASE("a task of containerd is found by its id and by its cgroup", "[identity]") {
  const Tree tree;
  tree.file(kTasks + "eco/eco-ctr2/config.json", fixture("oci/v1hybrid.ctr.oci-config.json"));
  Bundles bundles(tree.root(), test::usual_roots(), {});
  CHECK(bundles.find("eco-ctr2", "/eco/eco-ctr2") == nullptr);
  CHECK(failures_of_refresh(bundles) == 0);
  const Evidence* const found = bundles.find_in("/eco/eco-ctr2");
  REQUIRE(found != nullptr);
  CHECK(found->source == Source::kBundle);
  CHECK(found->where == "/run/containerd/io.containerd.runtime.v2.task/eco/eco-ctr2/config.json");
  CHECK(found->facts.id == "eco-ctr2");
  CHECK(found->facts.runtime == Runtime::kContainerd);
  CHECK(found->facts.pod_namespace == "eco");
  CHECK(bundles.find("eco-ctr2", "/eco/eco-ctr2") == found);
  CHECK(bundles.find_in("/eco/eco-ctr2/within") == found);
  for (const char* const other :
       {"/", "", "/eco", "/eco/eco-ctr", "/eco/eco-ctr22", "/x/eco/eco-ctr2"}) {
    CAPTURE(other);
    CHECK(bundles.find_in(other) == nullptr);
    CHECK(bundles.find("eco-ctr2", other) == nullptr);
  }
}

TEST_CASE("one id in two namespaces is told by the cgroup", "[identity]") {
  const Tree tree;
  tree.file(kTasks + "a/web/config.json", config("/a/web"));
  tree.file(kTasks + "b/web/config.json", config("/b/web"));
  Bundles bundles(tree.root(), test::usual_roots(), {});
  CHECK(failures_of_refresh(bundles) == 0);
  CHECK(bundles.find("web", "/a/web")->facts.pod_namespace == "a");
  CHECK(bundles.find("web", "/b/web")->facts.pod_namespace == "b");
}

TEST_CASE("the namespace tells the runtime, and whose annotations count", "[identity]") {
  const Tree tree;
  const std::string cri = fixture("oci/v1hybrid.cri-containerd.container.oci-config.json");
  const std::string path =
      "/kubepods/burstable/pod0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0/"
      "9bc9a4f2ff5e3b2d7f968f44e1ef7e093056a22f363741faad57b73a005378f6";
  const auto in = [&](const std::string& space) {
    tree.file(kTasks + space + "/x/config.json", cri);
    Bundles bundles(tree.root(), test::usual_roots(), {});
    CHECK(failures_of_refresh(bundles) == 0);
    const Facts facts = bundles.find("x", path)->facts;
    tree.remove(kTasks + space);
    return facts;
  };
  CHECK(in("k8s.io").runtime == Runtime::kContainerdCri);
  CHECK(in("k8s.io").pod == "web-7d9f");
  CHECK(in("k8s.io").pod_namespace == "shop");
  CHECK(in("moby").runtime == Runtime::kDocker);
  CHECK(in("moby").pod.empty());
  CHECK(in("moby").pod_namespace.empty());
  CHECK(in("buildkit").runtime == Runtime::kBuildkit);
  CHECK(in("mine").runtime == Runtime::kContainerd);
  CHECK(in("mine").pod.empty());
  CHECK(in("mine").pod_namespace == "mine");
}

TEST_CASE("states of runc and crun are found by the cgroup", "[identity]") {
  const Tree tree;
  tree.file("run/runc/mine/state.json", fixture("runtime/docker.runc-state.json"));
  tree.file("run/crun/97e6/status", fixture("runtime/crun.status.json"));
  Bundles bundles(tree.root(), test::usual_roots(), {});
  CHECK(failures_of_refresh(bundles) == 0);
  const Evidence* const runc =
      bundles.find_in("/docker/eb777e9ae8296357ccf25666fe1f35a79f49682b7ba5c56b127bb1c16384deee");
  REQUIRE(runc != nullptr);
  CHECK(runc->source == Source::kRuntimeState);
  CHECK(runc->facts.runtime == Runtime::kRunc);
  CHECK(runc->facts.init == Pid(14200));
  const Evidence* const crun = bundles.find_in(
      "/machine.slice/"
      "libpod-97e6c1c0549c388d59396c872ad2de38a13e6357b54b9f3eeb6888b09ef3a5bd.scope/"
      "container");
  REQUIRE(crun != nullptr);
  CHECK(crun->facts.id == "97e6");
}

TEST_CASE("an id that people chose is the name and one drawn at random is none", "[identity]") {
  const std::string random(64, 'a');
  const Tree tree;
  tree.file(kTasks + "a/my-long-web-1/config.json", config("/a/web"));
  tree.file(kTasks + "a/" + random + "/config.json", config("/a/random"));
  tree.file(kTasks + "moby/my-web/config.json", config("/docker/my-web"));
  Bundles bundles(tree.root(), test::usual_roots(), {});
  CHECK(failures_of_refresh(bundles) == 0);
  CHECK(bundles.find_in("/a/web")->facts.container == "my-long-web-1");
  CHECK(bundles.find_in("/a/random")->facts.container.empty());
  CHECK(bundles.find_in("/docker/my-web")->facts.container.empty());
}

TEST_CASE("a bundle is forgotten with its folder, and read when it is complete", "[identity]") {
  const Tree tree;
  tree.file(kTasks + "eco/half/address", "");
  Bundles bundles(tree.root(), test::usual_roots(), {});
  CHECK(failures_of_refresh(bundles) == 0);
  tree.file(kTasks + "eco/half/config.json", "{\"linux\"");
  CHECK(failures_of_refresh(bundles) == 1);
  tree.file(kTasks + "eco/half/config.json", config("/eco/half"));
  CHECK(failures_of_refresh(bundles) == 0);
  CHECK(bundles.find("half", "/eco/half") != nullptr);
  tree.remove(kTasks + "eco/half");
  CHECK(failures_of_refresh(bundles) == 0);
  CHECK(bundles.find("half", "/eco/half") == nullptr);
}

TEST_CASE("bundles that are broken or lead elsewhere are counted and the others read",
          "[identity]") {
  const Tree tree;
  tree.file("secret.json", config("/secret"));
  tree.file(kTasks + "eco/good/config.json", config("/eco/good"));
  tree.file(kTasks + "eco/deep/config.json", std::string(300000, '['));
  tree.file(kTasks + "eco/huge/config.json", std::string((1U << 20U) + 1, ' '));
  tree.link(kTasks + "eco/link/config.json", tree.root() + "/secret.json");
  tree.link(kTasks + "eco/folder", "../../../../..");
  tree.file(kTasks + "eco/root/config.json", config("/"));
  Bundles bundles(tree.root(), test::usual_roots(), {});
  CHECK(failures_of_refresh(bundles) >= 3);
  CHECK(bundles.find("good", "/eco/good") != nullptr);
  CHECK(bundles.find_in("/secret") == nullptr);
  CHECK(bundles.find_in("/anything") == nullptr);
}
