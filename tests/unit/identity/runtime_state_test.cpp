#include "identity/runtime_state.hpp"

#include <catch2/catch.hpp>

#include "fixtures.hpp"

using namespace kcommons;
using namespace kcommons::identity;
using test::fixture;

TEST_CASE("runc's state tells id, first process and cgroup", "[identity]") {
  const auto facts = parse_runc_state(fixture("runtime/docker.runc-state.json"));
  REQUIRE(facts);
  CHECK(facts->id == "eb777e9ae8296357ccf25666fe1f35a79f49682b7ba5c56b127bb1c16384deee");
  CHECK(facts->init == Pid(14200));
  CHECK(facts->init_start_time == 94877U);
  CHECK(facts->cgroup_path ==
        "/docker/eb777e9ae8296357ccf25666fe1f35a79f49682b7ba5c56b127bb1c16384deee");
}

TEST_CASE("where nobody has said where the cgroup is to be, runc has kept where it is",
          "[identity]") {
  const auto path_of = [](const std::string& paths) {
    const auto facts =
        parse_runc_state(R"({"id": "web", "init_process_pid": 7, "config": {"cgroups":
        {"path": ""}}, "cgroup_paths": {)" +
                         paths + "}}");
    REQUIRE(facts);
    return facts->cgroup_path;
  };
  CHECK(path_of(R"("": "/sys/fs/cgroup/system.slice/web")") == "/system.slice/web");
  CHECK(path_of(R"("": "/sys/fs/cgroup/unified/web")") == "/web");
  CHECK(path_of(R"("pids": "/sys/fs/cgroup/pids/user.slice/web", "memory": "/x")") ==
        "/user.slice/web");
  CHECK(path_of(R"("name=systemd": "/sys/fs/cgroup/systemd/system.slice/runc-web.scope",
                   "pids": "/sys/fs/cgroup/pids/system.slice/runc-web.scope")") ==
        "/system.slice/runc-web.scope");
  for (const std::string none :
       {"", R"("pids": "/sys/fs/cgroup/pids")", R"("pids": "/elsewhere/x")",
        R"("pids": "/sys/fs/cgroups/pids/x")", R"("pids": 7)"}) {
    CAPTURE(none);
    CHECK(path_of(none).empty());
  }
}

TEST_CASE("crun's status tells first process and cgroup", "[identity]") {
  const auto facts = parse_crun_status(fixture("runtime/crun.status.json"));
  REQUIRE(facts);
  CHECK(facts->id.empty());
  CHECK(facts->init == Pid(1195));
  CHECK(facts->init_start_time == 12828U);
  CHECK(facts->cgroup_path ==
        "/machine.slice/"
        "libpod-97e6c1c0549c388d59396c872ad2de38a13e6357b54b9f3eeb6888b09ef3a5bd.scope/"
        "container");
}

TEST_CASE("a state without a process is an error and never process 0", "[identity]") {
  for (const char* const broken :
       {"", "{}", R"({"id": "a"})", R"({"id": "a", "init_process_pid": 0})",
        R"({"id": "a", "init_process_pid": -1})", R"({"id": "a", "init_process_pid": "7"})",
        R"({"id": "", "init_process_pid": 7})", R"({"id": "a", "init_process_pid": 2147483648})"}) {
    CAPTURE(broken);
    CHECK_FALSE(parse_runc_state(broken));
  }
  for (const char* const broken : {"", "[]", R"({"pid": 0})", R"({"pid": 1.5})"}) {
    CAPTURE(broken);
    CHECK_FALSE(parse_crun_status(broken));
  }
  CHECK(parse_crun_status(R"({"pid": 7, "cgroup-path": "not/absolute"})")->cgroup_path.empty());
}
