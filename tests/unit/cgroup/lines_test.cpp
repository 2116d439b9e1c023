// Which line of /proc/PID/cgroup decides.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cgroup/layouts.hpp"
#include "unit/cgroup/ids.hpp"

namespace cgroup = kcommons::cgroup;
using cgroup::Runtime;
using kcommons::tests::kX;
using kcommons::tests::kY;
using kcommons::tests::with_ids;

namespace {

cgroup::Placement placed(const std::string& text) {
  static const cgroup::Layouts layouts = cgroup::Layouts::built_in();
  return cgroup::resolve(with_ids(text), layouts);
}

}  // namespace

TEST_CASE("a path may hold colons", "[cgroup]") {
  const auto placement = placed("0::/kubepods-pod1111.slice:cri-containerd:<X>\n");
  REQUIRE(placement.container);
  CHECK(placement.container->id == kX);
  CHECK(placement.path == with_ids("/kubepods-pod1111.slice:cri-containerd:<X>"));
  CHECK(placed("0::/a:b:c\n").unit == "/a:b:c");
}

TEST_CASE("the one line with a container wins over all lines without", "[cgroup]") {
  const auto placement = placed(
      "4:memory:/docker/<X>\n"
      "1:name=systemd:/system.slice/docker.service\n"
      "0::/system.slice/docker.service\n");
  REQUIRE(placement.container);
  CHECK(placement.container->id == kX);
  CHECK(placement.path == with_ids("/docker/<X>"));
}

TEST_CASE("a runtime's own layout wins over a bare id in any line", "[cgroup]") {
  const auto placement = placed("9:freezer:/docker/<X>\n0::/any/<Y>\n");
  REQUIRE(placement.container);
  CHECK(placement.container->runtime == Runtime::kDocker);
  CHECK(placement.container->id == kX);
}

TEST_CASE("equal lines are asked in a fixed order whatever the order in the file", "[cgroup]") {
  struct Row {
    std::vector<std::string> lines;
    const char* path;
  };
  const std::vector<Row> rows{
      {{"0::/docker/<X>", "1:name=systemd:/docker/<Y>", "4:memory:/docker/<Y>"}, "/docker/<X>"},
      {{"1:name=systemd:/docker/<X>", "8:pids:/docker/<Y>", "4:memory:/docker/<Y>"}, "/docker/<X>"},
      {{"8:pids:/docker/<X>", "4:memory:/docker/<Y>", "2:cpu,cpuacct:/docker/<Y>"}, "/docker/<X>"},
      {{"4:memory:/docker/<X>", "2:cpu,cpuacct:/docker/<Y>", "3:cpuset:/docker/<Y>"},
       "/docker/<X>"},
      {{"0::/", "9:memory:/user.slice/test.scope", "11:freezer:/test"}, "/user.slice/test.scope"},
      {{"11:freezer:/test", "9:cpuset:/other"}, "/other"},
      {{"0::/a", "1:name=systemd:/b", "8:pids:/c"}, "/a"},
      {{"0::/", "1:name=systemd:/b", "8:pids:/c"}, "/b"},
      {{"0::/", "1:name=systemd:/", "8:pids:/c", "4:memory:/d"}, "/c"},
      {{"0::/any/<X>", "8:pids:/any/<Y>"}, "/any/<X>"},
  };
  for (const Row& row : rows) {
    std::vector<std::string> lines = row.lines;
    std::sort(lines.begin(), lines.end());
    do {
      std::string text;
      for (const std::string& line : lines) text += line + '\n';
      CAPTURE(text);
      CHECK(placed(text).path == with_ids(row.path));
    } while (std::next_permutation(lines.begin(), lines.end()));
  }
}

TEST_CASE("a login session on a hybrid host is no container", "[cgroup]") {
  const auto placement = placed(
      "12:cpuset:/\n"
      "5:pids:/user.slice/user-1000.slice/session-1.scope\n"
      "0::/user.slice/user-1000.slice/session-1.scope\n");
  CHECK_FALSE(placement.container);
  CHECK(placement.unit == "session-1.scope");
  CHECK(placement.slice == "user-1000.slice");
  CHECK(placement.session_uid == 1000U);
}

TEST_CASE("a removed cgroup is noted and its suffix taken off at the end only", "[cgroup]") {
  const auto job = placed("4:memory:/\n0::/app.slice/job (deleted)\n");
  CHECK(job.deleted);
  CHECK(job.path == "/app.slice/job");
  CHECK(job.unit == "app.slice");
  const auto container = placed("0::/docker/<X> (deleted)\n");
  REQUIRE(container.container);
  CHECK(container.container->id == kX);
  CHECK(container.deleted);
  const auto scope = placed("0::/system.slice/docker-<X>.scope (deleted)\n");
  REQUIRE(scope.container);
  CHECK(scope.container->id == kX);
  const auto odd = placed("0::/a (deleted)/b\n");
  CHECK_FALSE(odd.deleted);
  CHECK(odd.unit == "/a (deleted)/b");
  CHECK(placed("0::/a (deleted) (deleted)\n").unit == "/a (deleted)");
}

TEST_CASE("a reader in a private cgroup namespace still sees what follows the dots", "[cgroup]") {
  struct Row {
    const char* text;
    const char* id;
    const char* unit;
  };
  const auto row = GENERATE(values<Row>({
      {"0::/../..\n", "", "/"},
      {"0::/..\n", "", "/"},
      {"0::/../.. (deleted)\n", "", "/"},
      {"0::/../<X>\n", "<X>", ""},
      {"0::/../../kubepods-burstable-pod1_2.slice/cri-containerd-<X>.scope\n", "<X>", ""},
      {"0::/../../system.slice/ssh.service\n", "", "ssh.service"},
      {"4:memory:/../<X>\n0::/\n", "<X>", ""},
      {"1:name=systemd:/..\n0::/a\n", "", "/a"},
  }));
  CAPTURE(row.text);
  const auto placement = placed(row.text);
  CHECK(placement.outside_namespace);
  CHECK(placement.container.has_value() == !std::string_view(row.id).empty());
  if (placement.container) CHECK(placement.container->id == with_ids(row.id));
  CHECK(placement.unit == row.unit);
  CHECK(placement.path.find("..") == std::string::npos);
}

TEST_CASE("a name that merely begins with dots is a name", "[cgroup]") {
  const auto placement = placed("0::/..data\n");
  CHECK_FALSE(placement.outside_namespace);
  CHECK(placement.unit == "/..data");
}

TEST_CASE("the class of a pod is left open when the level above is out of sight", "[cgroup]") {
  const auto hidden = placed("0::/../../pod1111/<X>\n");
  REQUIRE(hidden.container);
  CHECK(hidden.container->pod_uid == "1111");
  CHECK(hidden.container->qos.empty());
  const auto seen = placed("0::/../../../besteffort/pod1111/<X>\n");
  REQUIRE(seen.container);
  CHECK(seen.container->qos == "besteffort");
}

TEST_CASE("the last line needs no newline and lines that are none are passed over", "[cgroup]") {
  CHECK(placed("0::/init.scope").unit == "init.scope");
  CHECK(placed("garbage\n:\n0::\n0:x\n0::relative\n0::/init.scope\n").unit == "init.scope");
  CHECK(placed("4:memory:/docker/<X>").container);
}

TEST_CASE("a text without a line is the root cgroup", "[cgroup]") {
  const auto text = GENERATE(values<std::string>({"", "\n", "garbage", ":", "::", "0::", "0::\n"}));
  CAPTURE(text);
  const auto placement = placed(text);
  CHECK_FALSE(placement.container);
  CHECK(placement.unit == "/");
  CHECK(placement.path == "/");
  CHECK(placement.slice.empty());
}
