#include "identity/lists.hpp"

#include <catch2/catch.hpp>

#include "fixtures.hpp"
#include "identity/kubelet_logs.hpp"
#include "tree.hpp"

using namespace kcommons;
using namespace kcommons::identity;

namespace {

const std::string kId(64, 'a');

std::string store_of(const std::string& name) {
  return R"([{"id": ")" + kId + R"(", "names": [")" + name + R"("]}])";
}

struct Rig {
  test::Tree tree;
  FailureCounts failures;
  Lists lists{tree.root(), test::usual_roots(), failures};
};

}  // namespace

TEST_CASE("a name of kubelet's log tells pod, namespace and container", "[identity]") {
  const Facts facts = parse_kubelet_log("web-7d9f_shop_nginx-" + kId + ".log");
  CHECK(facts.id == kId);
  CHECK(facts.pod == "web-7d9f");
  CHECK(facts.pod_namespace == "shop");
  CHECK(facts.container == "nginx");
  for (const std::string& other :
       {std::string(), std::string(".log"), kId + ".log", "-" + kId + ".log", "a_b-" + kId + ".log",
        "a_b_c_d-" + kId + ".log", "a__c-" + kId + ".log", "a_b_c-" + kId, "a_b_c" + kId + ".log",
        "a_b_c-" + std::string(64, 'g') + ".log", "a_b_c-" + kId.substr(1) + ".log"}) {
    CAPTURE(other);
    CHECK(parse_kubelet_log(other) == Facts{});
  }
}

TEST_CASE("kubelet's logs name by id, wherever the links lead", "[identity]") {
  Rig rig;
  rig.tree.link("var/log/containers/web_shop_nginx-" + kId + ".log", "/nowhere");
  rig.tree.file("var/log/containers/notes.txt", "");
  const Lists::Found found = rig.lists.kubelet_log(kId);
  REQUIRE(found != nullptr);
  CHECK(found->facts.pod == "web");
  CHECK(found->where == "/var/log/containers/web_shop_nginx-" + kId + ".log");
  CHECK(rig.lists.kubelet_log("b") == nullptr);
  CHECK(rig.failures.of(Source::kKubeletLogs) == 0);
}

TEST_CASE("a user's store of podman names what is in that user's session alone", "[identity]") {
  Rig rig;
  rig.tree.file("etc/passwd",
                "app:x:1000:1000::/home/app:/bin/sh\nevil:x:1001:1001::/home/evil:/bin/sh\n");
  const std::string below = "/.local/share/containers/storage/overlay-containers/containers.json";
  rig.tree.file("home/app" + below, store_of("app's"));
  rig.tree.file("home/evil" + below, store_of("evil's"));
  CHECK(rig.lists.podman(kId, Uid(1001))->facts.container == "evil's");
  CHECK(rig.lists.podman(kId, Uid(1000))->facts.container == "app's");
  CHECK(rig.lists.podman(kId, std::nullopt) == nullptr);
  CHECK(rig.lists.podman(kId, Uid(7)) == nullptr);
  rig.tree.file("var/lib/containers/storage/vfs-containers/containers.json", store_of("root's"));
  rig.lists.refresh();
  CHECK(rig.lists.podman(kId, std::nullopt)->facts.container == "root's");
  CHECK(rig.lists.podman(kId, Uid(1001))->facts.container == "root's");
}

TEST_CASE("a store that is broken is counted at each refresh", "[identity]") {
  Rig rig;
  rig.tree.file("var/lib/containers/storage/overlay-containers/containers.json", "[{");
  CHECK(rig.lists.podman(kId, std::nullopt) == nullptr);
  CHECK(rig.lists.podman(kId, std::nullopt) == nullptr);
  CHECK(rig.failures.of(Source::kPodman) == 1);
  rig.lists.refresh();
  CHECK(rig.lists.podman(kId, std::nullopt) == nullptr);
  CHECK(rig.failures.of(Source::kPodman) == 2);
}

TEST_CASE("machines are found by their unit in the path", "[identity]") {
  Rig rig;
  rig.tree.file("run/systemd/machines/econsp",
                test::fixture("runtime/systemd-machined.run-machines.txt"));
  rig.tree.link("run/systemd/machines/unit:machine-econsp.scope", "econsp");
  rig.tree.file("run/systemd/machines/odd", "LEADER=5\n");
  const Lists::Found found = rig.lists.machine("/machine.slice/machine-econsp.scope/payload");
  REQUIRE(found != nullptr);
  CHECK(found->facts.id == "econsp");
  CHECK(rig.lists.machine("/machine.slice/machine-econsp.scope2") == nullptr);
  CHECK(rig.failures.of(Source::kMachines) == 0);
}

TEST_CASE("dockerd has a folder more for users that it maps", "[identity]") {
  Rig rig;
  for (const char* const folder : {"200000.200000", "containers", "1.x", "tmp"}) {
    rig.tree.file(std::string("var/lib/docker/") + folder + "/file", "");
  }
  CHECK(rig.lists.docker_roots() ==
        std::vector<std::string>{"/var/lib/docker", "/var/lib/docker/200000.200000"});
}
