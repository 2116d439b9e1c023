#include "identity/command_line.hpp"

#include <catch2/catch.hpp>

#include "fixtures.hpp"

using namespace kcommons;
using namespace kcommons::identity;

namespace {

std::string line(std::initializer_list<std::string_view> arguments) {
  std::string text;
  for (const std::string_view argument : arguments) text.append(argument) += '\0';
  return text;
}

}  // namespace

TEST_CASE("a shim says namespace and id", "[identity]") {
  const auto of = parse_command_line(test::parent_of("ctr-default-systemd"));
  REQUIRE(of);
  CHECK(of->supervisor == Supervisor::kShim);
  CHECK(of->facts.id == "eco-ctr2");
  CHECK(of->facts.pod_namespace == "default");
  const auto pod = parse_command_line(test::parent_of("cri-containerd-systemd-container"));
  REQUIRE(pod);
  CHECK(pod->facts.pod_namespace == "k8s.io");
  // The pod's, whichever of its containers is asked about.
  CHECK(pod->facts.id == "f678be3ccaee67851fbb2b506dac5a251036edb2c4d23bbb1f18093471979d05");
}

TEST_CASE("conmon says id and name", "[identity]") {
  const auto root = parse_command_line(test::parent_of("podman-root-systemd"));
  REQUIRE(root);
  CHECK(root->supervisor == Supervisor::kConmon);
  CHECK(root->facts.id == "97e6c1c0549c388d59396c872ad2de38a13e6357b54b9f3eeb6888b09ef3a5bd");
  CHECK(root->facts.container == "eco-pod");
  const auto rootless = parse_command_line(test::parent_of("podman-rootless-cgroupfs"));
  REQUIRE(rootless);
  CHECK(rootless->facts.id == "aca1762eeb73c14cee6f470b284e16ff558a89c84fa679bb069e21649b8c4ac1");
  CHECK(rootless->facts.container == "eco-rootless2");
}

TEST_CASE("monitors of LXC and nspawn say the name", "[identity]") {
  const auto lxc = parse_command_line(test::parent_of("lxc"));
  REQUIRE(lxc);
  CHECK(lxc->supervisor == Supervisor::kLxcMonitor);
  CHECK(lxc->facts.container == "ecolxc");
  CHECK(lxc->facts.runtime == cgroup::Runtime::kLxc);
  const auto nspawn = parse_command_line(test::parent_of("nspawn-machine"));
  REQUIRE(nspawn);
  CHECK(nspawn->supervisor == Supervisor::kNspawn);
  CHECK(nspawn->facts.container == "econsp");
  CHECK(parse_command_line(line({"systemd-nspawn", "--machine=box", "-D", "/x"}))->facts.id ==
        "box");
}

TEST_CASE("other programs and arguments that are missing say nothing", "[identity]") {
  CHECK_FALSE(parse_command_line(""));
  CHECK_FALSE(parse_command_line(std::string(3, '\0')));
  CHECK_FALSE(parse_command_line(test::parent_of("systemd-service")));
  CHECK_FALSE(parse_command_line(line({"bash", "-c", "conmon -c x"})));
  CHECK_FALSE(parse_command_line(line({"conmon"})));
  CHECK_FALSE(parse_command_line(line({"conmon", "-c"})));
  CHECK_FALSE(parse_command_line(line({"containerd-shim-runc-v2", "-namespace", "x"})));
  CHECK_FALSE(parse_command_line(line({"containerd-shim-runc-v2", "-id", ""})));
  CHECK_FALSE(parse_command_line(line({"systemd-nspawn", "-D", "/x"})));
  CHECK_FALSE(parse_command_line("[lxc monitor] "));
  // Cut short: half an id is that of another container.
  CHECK_FALSE(parse_command_line(line({"conmon", "-c"}) + "eb777e9a"));
  CHECK(parse_command_line(line({"conmon", "-c", std::string(100000, 'x')}))->facts.id.size() ==
        kTextLimit);
}
