#include "cgroup/path.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "cgroup/pods.hpp"

namespace cgroup = kcommons::cgroup;
using namespace std::string_literals;

TEST_CASE("a path is taken apart and put together the same", "[cgroup]") {
  CHECK(cgroup::parse_path("/a/b").text() == "/a/b");
  CHECK(cgroup::parse_path("/a//b/").text() == "/a/b");
  CHECK(cgroup::parse_path("/").is_root());
  CHECK(cgroup::parse_path("").text() == "/");
  CHECK(cgroup::parse_path("/a/../b").text() == "/a/b");
  CHECK_FALSE(cgroup::parse_path("/a/../b").outside_namespace);
  CHECK(cgroup::parse_path("/../a").outside_namespace);
  CHECK(cgroup::parse_path(" (deleted)").deleted);
  CHECK(cgroup::parse_path("/a b ").text() == "/a b ");
}

TEST_CASE("only whole escapes are undone", "[cgroup]") {
  CHECK(cgroup::unescape(R"(a\x2db)") == "a-b");
  CHECK(cgroup::unescape(R"(\x5cx2d)") == R"(\x2d)");
  CHECK(cgroup::unescape(R"(\xC3\xbc)") == "ü");
  CHECK(cgroup::unescape("a-b") == "a-b");
  CHECK(cgroup::unescape(R"(\x2)") == R"(\x2)");
  CHECK(cgroup::unescape(R"(\xg0\x)") == R"(\xg0\x)");
  CHECK(cgroup::unescape(R"(\x-1)") == R"(\x-1)");
  CHECK(cgroup::unescape(R"(\x00)") == R"(\x00)");
  CHECK(cgroup::unescape("\\").size() == 1);
  CHECK(cgroup::unescape("a\0b"s) == "a\0b"s);
}

TEST_CASE("a unit needs a name before its type", "[cgroup]") {
  CHECK(cgroup::is_unit_name("x.service"));
  CHECK(cgroup::is_unit_name("x.scope"));
  CHECK_FALSE(cgroup::is_unit_name(".scope"));
  CHECK_FALSE(cgroup::is_unit_name("x.slice"));
  CHECK(cgroup::is_slice_name("-.slice"));
  CHECK_FALSE(cgroup::is_slice_name(".slice"));
}

TEST_CASE("components that are no pod's are none", "[cgroup]") {
  for (const char* path :
       {"/kubepods", "/kubepods/burstable", "/kubepods/pod", "/podman", "/podium/x",
        "/kubepods.slice", "/kubepods.slice/kubepods-burstable.slice", "/kubepods-pod.slice",
        "/a-pod1111.slice", "/mykubepods-pod1111.slice", "/machine-libpod_pod_1111.slice",
        "/pod1111.slice", "/"}) {
    CAPTURE(path);
    CHECK_FALSE(cgroup::pod_at(cgroup::parse_path(path).components));
  }
}
