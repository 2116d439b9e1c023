#include "identity/mounts.hpp"

#include <catch2/catch.hpp>

#include "fixtures.hpp"

using namespace kcommons;
using namespace kcommons::identity;
using cgroup::Runtime;

namespace {

Facts captured(const std::string& name) {
  const std::string text = test::fixture("proc/v2-systemd252." + name + ".meta.txt");
  return parse_mounts(std::string_view(text).substr(text.find("mountinfo:\n") + 11));
}

}  // namespace

TEST_CASE("mounts over files of /etc tell the container", "[identity]") {
  const Facts docker = captured("docker-systemd-v2");
  CHECK(docker.runtime == Runtime::kDocker);
  CHECK(docker.id == "a2b0c5e8a7374133820a04220c8497d28a47f4cf574dd382b80e806e211f27d3");
  const Facts rootless = captured("podman-rootless-cgroupfs");
  CHECK(rootless.runtime == Runtime::kPodman);
  CHECK(rootless.id == "aca1762eeb73c14cee6f470b284e16ff558a89c84fa679bb069e21649b8c4ac1");
  const Facts root = captured("podman-root-cgroupfs");
  CHECK(root.runtime == Runtime::kPodman);
  CHECK(root.id == "df3f513e36ebc4a2aa31ccfcef415e2f988ad07c9a69da8c3d95355e62771f5d");
}

TEST_CASE("mounts of a pod tell its sandbox, not the container", "[identity]") {
  const Facts facts = captured("cri-containerd-systemd-container");
  CHECK(facts.runtime == Runtime::kContainerdCri);
  CHECK(facts.id.empty());
  CHECK(facts.sandbox_id == "f678be3ccaee67851fbb2b506dac5a251036edb2c4d23bbb1f18093471979d05");
  const Facts kubelet = parse_mounts(
      "9 8 254:0 /var/lib/kubelet/pods/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0/etc-hosts /etc/hosts "
      "rw "
      "- ext4 /dev/vda rw\n");
  CHECK(kubelet.pod_uid == "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0");
}

TEST_CASE("the host's own mounts of containers' folders tell nothing", "[identity]") {
  for (const char* const name : {"systemd-user-service", "systemd-service", "systemd-self", "lxc",
                                 "nspawn-machine", "ctr-default-systemd"}) {
    CAPTURE(name);
    CHECK(captured(name) == Facts{});
  }
}

TEST_CASE("lines that are cut or made up tell nothing", "[identity]") {
  CHECK(parse_mounts("") == Facts{});
  CHECK(parse_mounts("\n\n9\n9 8 254:0\n9 8 254:0 /x\n") == Facts{});
  CHECK(parse_mounts("9 8 254:0 /docker/containers/short/hostname /etc/hostname rw\n") == Facts{});
  CHECK(parse_mounts("9 8 254:0 /docker/containers/" + std::string(64, 'a') +
                     " /etc/hostname rw\n") == Facts{});
  CHECK(parse_mounts("9 8 254:0 /pods/a/b/etc-hosts /etc/hosts rw\n") == Facts{});
}
