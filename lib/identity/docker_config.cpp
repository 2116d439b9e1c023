#include "identity/docker_config.hpp"

#include <limits>

#include "identity/json.hpp"

namespace kcommons::identity {

namespace {

void take_kubernetes(Facts& facts) {
  const std::string type = label_of(facts, "io.kubernetes.docker.type");
  if (type != "container" && type != "podsandbox") return;
  facts.sandbox = type == "podsandbox";
  facts.container = label_of(facts, "io.kubernetes.container.name");
  facts.sandbox_id = label_of(facts, "io.kubernetes.sandbox.id");
  facts.pod = label_of(facts, "io.kubernetes.pod.name");
  facts.pod_namespace = label_of(facts, "io.kubernetes.pod.namespace");
  facts.pod_uid = label_of(facts, "io.kubernetes.pod.uid");
}

}  // namespace

Result<Facts> parse_docker_config(std::string_view text) {
  const auto json = parse_json(text, "parse config.v2.json");
  if (!json) return fail(json.error());
  Facts facts;
  facts.runtime = cgroup::Runtime::kDocker;
  facts.id = text_at(*json, {"ID"});
  if (facts.id.empty()) return fail(Error::malformed("find ID in config.v2.json", text));
  facts.container = text_at(*json, {"Name"});
  if (facts.container.starts_with('/')) facts.container.erase(0, 1);
  facts.image = text_at(*json, {"Config", "Image"});
  facts.labels = texts_at(*json, {"Config", "Labels"});
  facts.compose_project = label_of(facts, "com.docker.compose.project");
  facts.compose_service = label_of(facts, "com.docker.compose.service");
  take_kubernetes(facts);
  const auto pid = number_at(*json, {"State", "Pid"});
  if (pid && *pid > 0 && *pid <= std::numeric_limits<Pid::rep>::max()) {
    facts.init = Pid(static_cast<Pid::rep>(*pid));
  }
  return facts;
}

}  // namespace kcommons::identity
