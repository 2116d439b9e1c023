#include "identity/docker_config.hpp"

#include <catch2/catch.hpp>

#include "fixtures.hpp"

using namespace kcommons;
using namespace kcommons::identity;
using test::fixture;

TEST_CASE("what dockerd keeps names container, image and compose service", "[identity]") {
  const auto facts = parse_docker_config(fixture("runtime/docker.config.v2.json"));
  REQUIRE(facts);
  CHECK(facts->runtime == cgroup::Runtime::kDocker);
  CHECK(facts->id == "eb777e9ae8296357ccf25666fe1f35a79f49682b7ba5c56b127bb1c16384deee");
  CHECK(facts->container == "eco-web");
  CHECK(facts->image == "eco-busybox:1.0");
  CHECK(facts->compose_project == "shop");
  CHECK(facts->compose_service == "web");
  CHECK(facts->labels.at("team") == "payments");
  CHECK(facts->init == Pid(14200));
  CHECK(facts->pod.empty());
  CHECK_FALSE(facts->sandbox);
}

TEST_CASE("containers of cri-dockerd have kubelet's labels", "[identity]") {
  const auto of = [](const std::string& type) {
    return parse_docker_config(R"({"ID": "ab", "Name": "/k8s_nginx_web-0", "Config": {"Labels": {
        "io.kubernetes.docker.type": ")" +
                               type + R"(", "io.kubernetes.container.name": "nginx",
        "io.kubernetes.pod.name": "web-0", "io.kubernetes.pod.namespace": "shop",
        "io.kubernetes.pod.uid": "0f1e", "io.kubernetes.sandbox.id": "cd"}}})");
  };
  const auto container = of("container");
  REQUIRE(container);
  CHECK(container->container == "nginx");
  CHECK(container->pod == "web-0");
  CHECK(container->pod_namespace == "shop");
  CHECK(container->pod_uid == "0f1e");
  CHECK(container->sandbox == false);
  CHECK(of("podsandbox")->sandbox == true);
  CHECK(of("else")->pod.empty());
  CHECK(of("else")->container == "k8s_nginx_web-0");
}

TEST_CASE("values of another type than they should have are as good as none", "[identity]") {
  const auto facts = parse_docker_config(
      R"({"ID": "ab", "Name": 5, "Config": {"Image": ["x"], "Labels": {"a": 1, "b": "2"}},
          "State": {"Pid": -3}})");
  REQUIRE(facts);
  CHECK(facts->container.empty());
  CHECK(facts->image.empty());
  CHECK(facts->labels == std::map<std::string, std::string>{{"b", "2"}});
  CHECK_FALSE(facts->init);
  CHECK_FALSE(parse_docker_config(R"({"ID": "ab", "State": {"Pid": 0}})")->init);
  CHECK_FALSE(parse_docker_config(R"({"ID": "ab", "State": {"Pid": 4294967296}})")->init);
  for (const char* const broken :
       {"", "null", "[]", "5", "{", "{}", R"({"ID": ""})", R"({"ID": 3})"}) {
    CAPTURE(broken);
    CHECK_FALSE(parse_docker_config(broken));
  }
}

TEST_CASE("names and labels that are hostile are text and not longer than allowed", "[identity]") {
  const auto facts = parse_docker_config(R"({"ID": "ab", "Name": "/a\u0000b\n\"\\", "Config":
      {"Image": ")" + std::string(100000, 'x') +
                                         R"("}})");
  REQUIRE(facts);
  CHECK(facts->container == std::string("a\0b\n\"\\", 6));
  CHECK(facts->image.size() == kTextLimit);
}

TEST_CASE("many labels do not hide those that name a container", "[identity]") {
  std::string many = R"({"ID": "ab", "Config": {"Labels": {)";
  for (int i = 0; i < 10000; ++i) many += "\"a" + std::to_string(i) + "\": \"x\",";
  many += R"("com.docker.compose.project": "shop", "com.docker.compose.service": "web"}}})";
  const auto facts = parse_docker_config(many);
  REQUIRE(facts);
  CHECK(facts->compose_project == "shop");
  CHECK(facts->compose_service == "web");
}
