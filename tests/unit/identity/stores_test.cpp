// What is kept in one file about many: podman's containers, machines, users.

#include <catch2/catch.hpp>

#include "fixtures.hpp"
#include "identity/machines.hpp"
#include "identity/podman_store.hpp"
#include "identity/users.hpp"

using namespace kcommons;
using namespace kcommons::identity;
using test::fixture;

TEST_CASE("podman's store names its containers by id", "[identity]") {
  const auto root = parse_podman_store(fixture("runtime/podman.containers.json"));
  REQUIRE(root);
  CHECK(root->size() == 4);
  const Facts& one = root->at("505990fb6d35e8ad9a104c6e7492d732f5e033bc86fe0f8c6eb96ba3964c30b8");
  CHECK(one.container == "eco-pod-runc");
  CHECK(one.image == "localhost/eco-busybox:1.0");
  const auto rootless = parse_podman_store(fixture("runtime/podman-rootless.containers.json"));
  REQUIRE(rootless);
  CHECK(
      rootless->at("aca1762eeb73c14cee6f470b284e16ff558a89c84fa679bb069e21649b8c4ac1").container ==
      "eco-rootless2");
}

TEST_CASE("a store whose entries are odd keeps those that are not", "[identity]") {
  const auto store = parse_podman_store(R"([{"id": "a", "names": []}, {"names": ["x"]}, 5, null,
      {"id": "b", "names": "x", "metadata": "{broken"},
      {"id": "c", "names": [3], "metadata": "{\"name\": \"c-name\"}"}])");
  REQUIRE(store);
  CHECK(store->size() == 3);
  CHECK(store->at("a").container.empty());
  CHECK(store->at("b").container.empty());
  CHECK(store->at("c").container == "c-name");
  for (const char* const broken : {"", "{}", "[", "\"x\""}) CHECK_FALSE(parse_podman_store(broken));
}

TEST_CASE("machined's file names machine, unit and leader", "[identity]") {
  const Facts facts = parse_machine(fixture("runtime/systemd-machined.run-machines.txt"));
  CHECK(facts.container == "econsp");
  CHECK(facts.id == "econsp");
  CHECK(facts.cgroup_path == "machine-econsp.scope");
  CHECK(facts.init == Pid(1573));
  CHECK(facts.runtime == cgroup::Runtime::kSystemdNspawn);
  CHECK(parse_machine("") == Facts{});
  CHECK(parse_machine("LEADER=5\n") == Facts{});
  CHECK_FALSE(parse_machine("NAME=x\nLEADER=0\n").init);
  CHECK_FALSE(parse_machine("NAME=x\nLEADER=x\n").init);
  CHECK(parse_machine("NAME=x\nSCOPE=a\x9B.scope\n").cgroup_path == "a\uFFFD.scope");
}

TEST_CASE("users are the first that passwd names with their UID", "[identity]") {
  const auto users = parse_passwd(
      "root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\n+::::::\n-bad:x:7:7:::\n"
      "app:x:1000:1000:A, B:/home/app:/bin/sh\nshort:x:5\nminus:x:-1:0:::\n"
      "last:x:33:33::/:/bin/sh");
  CHECK(users == std::map<Uid, User>{{Uid(0), {"root", "/root"}},
                                     {Uid(1000), {"app", "/home/app"}},
                                     {Uid(33), {"last", "/"}}});
}
