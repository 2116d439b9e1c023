// Whoever may make a cgroup chooses its name. Nothing here may crash, hang or lose a byte.
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "cgroup/layouts.hpp"
#include "unit/cgroup/ids.hpp"

namespace cgroup = kcommons::cgroup;
using kcommons::tests::kX;
using kcommons::tests::with_ids;
using namespace std::string_literals;

namespace {

const cgroup::Layouts& layouts() {
  static const cgroup::Layouts built_in = cgroup::Layouts::built_in();
  return built_in;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

// What holds for any input at all.
void check_sound(const cgroup::Placement& placement) {
  CHECK(placement.path.starts_with('/'));
  CHECK(placement.unit.empty() == placement.container.has_value());
  CHECK(placement.unit != "..");
  if (placement.container) {
    CHECK_FALSE(placement.container->id.empty());
    CHECK(placement.container->id != "..");
  }
  if (placement.parent) {
    REQUIRE(placement.container);
    CHECK(placement.parent->id != placement.container->id);
  }
}

}  // namespace

TEST_CASE("bytes of all kinds are kept in names as they are", "[cgroup]") {
  const auto odd = GENERATE(values<std::string>(
      {"\x01\x1b[2J", "quo\"te\\", "\xff\xfe\xc3", "tab\tcr\r", "sp ace ", "nul\0nul"s, "grün"}));
  CHECK(cgroup::resolve("0::/system.slice/" + odd + ".service\n", layouts()).unit ==
        odd + ".service");
  CHECK(cgroup::resolve("0::/" + odd + "\n", layouts()).unit == "/" + odd);
  const auto lxc = cgroup::resolve("0::/lxc.payload." + odd + "\n", layouts());
  REQUIRE(lxc.container);
  CHECK(lxc.container->name == odd);
}

TEST_CASE("ids of one and of three hundred characters are ids where the layout allows",
          "[cgroup]") {
  for (const std::size_t length : {1U, 300U}) {
    const std::string id(length, 'z');
    CAPTURE(length);
    const auto step = cgroup::resolve_path("/docker/buildkit/" + id, layouts());
    REQUIRE(step.container);
    CHECK(step.container->id == id);
    const auto machine = cgroup::resolve_path("/lxc/" + id + "/ns", layouts());
    REQUIRE(machine.container);
    CHECK(machine.container->name == id);
  }
}

TEST_CASE("a component as long as a path may be is matched", "[cgroup]") {
  const std::string name(4096, 'n');
  const auto lxc = cgroup::resolve_path("/lxc.payload." + name, layouts());
  REQUIRE(lxc.container);
  CHECK(lxc.container->name == name);
  CHECK(cgroup::resolve_path("/" + name, layouts()).unit == "/" + name);
}

TEST_CASE("components made to be slow to match are matched", "[cgroup]") {
  constexpr std::size_t kBytes = 1U << 15U;
  for (const std::string_view seed : {":", "-", ".", "\\x2d", ":docker:", "-conmon-", "-pod",
                                      "machine-qemu\\x2d1\\x2d", "1", ".libvirt-qemu", "a"}) {
    CAPTURE(seed);
    const std::string component = repeated(seed, kBytes / seed.size());
    check_sound(cgroup::resolve("0::/" + component + "\n", layouts()));
    check_sound(cgroup::resolve("0::/machine.slice/machine-" + component + ".scope\n", layouts()));
    check_sound(cgroup::resolve("0::/lxc/" + component + ".libvirt-lxc!\n", layouts()));
  }
}

TEST_CASE("thousands of components have one container and one parent", "[cgroup]") {
  const std::string deep = with_ids("/docker/<Y>" + repeated("/a", 5000) + "/docker/<X>" +
                                    repeated("/system.slice/b.service", 5000));
  const auto placement = cgroup::resolve("0::" + deep + "\n", layouts());
  REQUIRE(placement.container);
  CHECK(placement.container->id == kX);
  CHECK(placement.parent);
  CHECK(placement.path == deep);
  const auto same = cgroup::resolve_path(repeated("/lxc/x", 5000), layouts());
  REQUIRE(same.container);
  CHECK_FALSE(same.parent);
  check_sound(cgroup::resolve_path(repeated("/..", 5000), layouts()));
  check_sound(cgroup::resolve_path(repeated("/kubepods-pod1.slice", 5000), layouts()));
}

TEST_CASE("thousands of lines are one process", "[cgroup]") {
  const std::string text = repeated("7:cpu:/a\n", 5000) + "0::/b\n";
  CHECK(cgroup::resolve(text, layouts()).path == "/b");
}

TEST_CASE("a text cut off anywhere is placed soundly", "[cgroup]") {
  const std::string text = with_ids(
      "4:memory:/docker/<X>\n1:name=systemd:/../machine.slice/machine-a\\x2db.scope/payload\n"
      "0::/kubepods.slice/kubepods-pod1_2.slice/cri-containerd-<Y>.scope (deleted)\n");
  for (std::size_t length = 0; length <= text.size(); ++length) {
    check_sound(cgroup::resolve(std::string_view(text).substr(0, length), layouts()));
  }
}

TEST_CASE("random mixtures of what means something are placed soundly", "[cgroup]") {
  const std::vector<std::string> pieces{"/",
                                        "/..",
                                        ":",
                                        "\n",
                                        "0::/",
                                        "docker-",
                                        with_ids("<X>"),
                                        ".scope",
                                        "lxc",
                                        "/lxc/",
                                        ".slice",
                                        "kubepods",
                                        "/pod",
                                        "-pod",
                                        "\\x2d",
                                        "\\x2e",
                                        "..",
                                        "payload",
                                        "/user@7.service",
                                        "machine-",
                                        "-conmon-",
                                        " (deleted)",
                                        "\0"s,
                                        "\xff",
                                        ".mount",
                                        "libpod_parent",
                                        "buildkit",
                                        "crio",
                                        "systemd-nspawn@",
                                        "qemu"};
  std::mt19937 random(20240229);  // NOLINT(cert-msc51-cpp): the same run each time is wanted
  std::uniform_int_distribution<std::size_t> pick(0, pieces.size() - 1);
  for (int round = 0; round < 2000; ++round) {
    std::string text = "0::/";
    for (int i = 0; i < 12; ++i) text += pieces[pick(random)];
    CAPTURE(text);
    check_sound(cgroup::resolve(text, layouts()));
  }
}
