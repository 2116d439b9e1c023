// Every capture of a real runtime in tests/fixtures/cgroup, against expected.json there.
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "cgroup/layouts.hpp"

namespace cgroup = kcommons::cgroup;
using nlohmann::json;

namespace {

const std::string kFolder = KCOMMONS_FIXTURES "/cgroup/";

std::string file_text(const std::string& name) {
  std::ifstream file(kFolder + name, std::ios::binary);
  REQUIRE(file.is_open());
  return {std::istreambuf_iterator<char>(file), {}};
}

// What the path alone tells is what this layer answers for; the rest needs other evidence.
json answer_of(json expected) {
  if (expected.contains("path_alone")) {
    for (const char* key : {"runtime", "container_id", "container_name", "unit"}) {
      expected.erase(key);
    }
    expected.update(expected["path_alone"]);
  }
  return expected;
}

void check_container(const cgroup::Placement& placement, const json& answer) {
  if (answer["runtime"] == "none") {
    CHECK_FALSE(placement.container);
    return;
  }
  REQUIRE(placement.container);
  const cgroup::Container& container = *placement.container;
  CHECK(std::string(cgroup::name_of(container.runtime)) == answer["runtime"]);
  if (answer.contains("container_id")) CHECK(container.id == answer["container_id"]);
  if (answer.contains("container_name")) {
    CHECK(container.name == answer["container_name"]);
    CHECK(container.id == answer["container_name"]);
  }
  CHECK(container.pod_uid == answer.value("pod_uid", ""));
  CHECK(container.qos == answer.value("qos", ""));
  CHECK(placement.unit.empty());
}

}  // namespace

TEST_CASE("every captured cgroup file is placed as the answer key says", "[cgroup]") {
  const cgroup::Layouts layouts = cgroup::Layouts::built_in();
  const json key = json::parse(file_text("expected.json"));
  REQUIRE(key.size() >= 30);
  for (const auto& [name, expected] : key.items()) {
    CAPTURE(name);
    const json answer = answer_of(expected);
    const cgroup::Placement placement = cgroup::resolve(file_text(name), layouts);
    check_container(placement, answer);
    CHECK(placement.path == answer["path"]);
    CHECK(placement.role == cgroup::Role::kWorkload);
    CHECK_FALSE(placement.parent);
    CHECK_FALSE(placement.deleted);
    CHECK_FALSE(placement.outside_namespace);
    if (answer.contains("unit")) CHECK(placement.unit == answer["unit"]);
    if (answer.contains("slice")) CHECK(placement.slice == answer["slice"]);
    for (const char* uid : {"session_uid", "rootless_uid"}) {
      if (answer.contains(uid)) CHECK(placement.session_uid == answer[uid].get<std::uint32_t>());
    }
    if (answer.value("user_unit", false)) CHECK(placement.unit.starts_with("user@"));
  }
}

TEST_CASE("a captured container that looks at itself is in the root cgroup", "[cgroup]") {
  const cgroup::Placement placement = cgroup::resolve(
      file_text("v2-systemd252.docker-systemd-v2.inside.cgroup"), cgroup::Layouts::built_in());
  CHECK_FALSE(placement.container);
  CHECK(placement.unit == "/");
  CHECK(placement.path == "/");
}
