#include "report/explain.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "attribution/attributor.hpp"
#include "identity/believed.hpp"
#include "top_sample.hpp"

namespace report = kcommons::report;
namespace identity = kcommons::identity;
using Catch::Contains;
using kcommons::census::Census;
using kcommons::census::ContainerNames;
using kcommons::cgroup::Runtime;

namespace {

constexpr const char* kId = "0123456789abcdef";

ContainerNames names(const char* container, const char* pod, const char* space) {
  return {.container = container,
          .pod = pod,
          .pod_namespace = space,
          .pod_uid = "",
          .image = "nginx:1",
          .compose_project = "",
          .compose_service = "",
          .sandbox = false,
          .labels = {}};
}

// The host of top_sample.hpp, two of whose containers have the same name.
Census host() {
  Census census = report::test::busy_host();
  const auto name = [&](const char* id, ContainerNames named) {
    census.names[{Runtime::kDocker, id}] = std::make_shared<const ContainerNames>(std::move(named));
  };
  name(kId, names("web", "web-0", "shop"));
  name("23456789abcdef01", names("web", "", ""));
  return census;
}

identity::Told told() {
  identity::Answer answer;
  answer.container = kcommons::cgroup::Container{.runtime = Runtime::kDocker, .id = kId};
  identity::Facts said;
  said.container = "web\x1b[31m";
  answer.trace.push_back({.source = identity::Source::kDocker,
                          .where = "/var/lib/docker/containers/x",
                          .facts = said,
                          .error = {}});
  answer.trace.push_back(
      {.source = identity::Source::kCgroup, .where = "/docker/x", .facts = {}, .error = {}});
  answer.trace.push_back({.source = identity::Source::kParent,
                          .where = "process 9",
                          .facts = {},
                          .error = "it is gone"});
  return {.cgroup_path = "/docker/x", .answer = std::make_shared<const identity::Answer>(answer)};
}

report::Explanation about(std::string_view subject) {
  const Census census = host();
  const auto snapshot = kcommons::attribution::Attributor({}, 0.5).attribute(census);
  return report::explain(census, snapshot, {told()},
                         {.name = "bpf", .reason = "", .restriction = ""}, subject);
}

}  // namespace

TEST_CASE("a container is explained by its id, its beginning, and what it is called", "[report]") {
  for (const char* const subject : {kId, "0123", "web-0/web", "shop/web-0/web"}) {
    CAPTURE(subject);
    const auto explanation = about(subject);
    REQUIRE(explanation.answers.size() == 1);
    CHECK(explanation.answers[0].holder.container_id == kId);
    CHECK_FALSE(explanation.answers[0].process);
    CHECK(explanation.answers[0].rows.front().row.used == 520);
  }
}

TEST_CASE("a name of several explains each, and one of nothing none", "[report]") {
  CHECK(about("web").answers.size() == 2);
  for (const char* const subject :
       {"", "012", "we", "op/web-0/web", "kubelet.service", "999999", "99999999999999999999"}) {
    CAPTURE(subject);
    CHECK(about(subject).answers.empty());
  }
}

TEST_CASE("a process is explained by its number, with what is booked at itself", "[report]") {
  const auto explanation = about("4000");
  REQUIRE(explanation.answers.size() == 1);
  const report::Explained& answer = explanation.answers[0];
  REQUIRE(answer.process);
  CHECK(answer.holder.container_id == kId);
  CHECK(answer.process->userns == "initial");
  CHECK(answer.rows.front().row.used == 500);  // the other 20 are its runtime's
  CHECK_THAT(report::explanation_text(explanation, {}),
             Contains("Process 4000 belongs to docker container shop/web-0/web"));
}

TEST_CASE("a process of a runtime works on behalf of its container", "[report]") {
  CHECK_THAT(report::explanation_text(about("4005"), {}),
             Contains("Process 4005 works on behalf of docker container shop/web-0/web"));
}

TEST_CASE("a process of the host has no evidence but its cgroup", "[report]") {
  const auto explanation = about("4003");
  REQUIRE(explanation.answers.size() == 1);
  CHECK(explanation.answers[0].trace.empty());
  CHECK_THAT(report::explanation_text(explanation, {}), Contains("host group kubelet.service"));
}

TEST_CASE("evidence stands in the order in which it counts, and is safe to print", "[report]") {
  const auto explanation = about(kId);
  const auto& trace = explanation.answers.at(0).trace;
  REQUIRE(trace.size() == 3);
  CHECK(trace[0].source == identity::Source::kCgroup);
  CHECK(trace[1].source == identity::Source::kDocker);
  const std::string text = report::explanation_text(explanation, {});
  CHECK_THAT(text, Contains("name web\\x1b[31m") && !Contains("\x1b"));
  CHECK_THAT(text, Contains("nothing: it is gone"));
  const auto json = nlohmann::json::parse(report::explanation_json(explanation));
  CHECK(json["answers"][0]["evidence"][2]["error"] == "it is gone");
  CHECK(json["answers"][0]["booked"][0]["resource"] == "open_files");
}

TEST_CASE("a container without a name says so", "[report]") {
  CHECK_THAT(report::explanation_text(about("123456789abcdef0"), {}), Contains("not known"));
}
