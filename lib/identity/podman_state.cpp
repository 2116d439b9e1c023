#include "identity/podman_state.hpp"

#include "identity/bolt.hpp"
#include "identity/host_folder.hpp"
#include "identity/json.hpp"

namespace kcommons::identity {

namespace {

Result<Facts> parse_config(std::string_view text) {
  if (text.size() > kFileLimit) {
    return fail(Error::malformed("read a container of podman: too long", text));
  }
  const auto json = parse_json(text, "parse a container of podman");
  if (!json) return fail(json.error());
  Facts facts;
  facts.runtime = cgroup::Runtime::kPodman;
  facts.id = text_at(*json, {"id"});
  facts.container = text_at(*json, {"name"});
  facts.image = text_at(*json, {"rootfsImageName"});
  facts.labels = texts_at(*json, {"labels"});
  // podman-compose sets those of Docker.
  facts.compose_project = label_of(facts, "com.docker.compose.project");
  facts.compose_service = label_of(facts, "com.docker.compose.service");
  facts.sandbox_id = text_at(*json, {"pod"});
  const Json* const is_infra = find(*json, {"pause"});
  if (is_infra != nullptr && is_infra->is_boolean() && is_infra->get<bool>()) facts.sandbox = true;
  return facts;
}

}  // namespace

Result<std::optional<Facts>> find_podman_container(std::string_view file, std::string_view id) {
  const auto bolt = Bolt::open(file);
  if (!bolt) return fail(bolt.error());
  const auto config = bolt->find({"ctr", id, "config"});
  if (!config) return fail(config.error());
  if (!*config) return std::optional<Facts>();
  auto facts = parse_config(**config);
  if (!facts) return fail(facts.error());
  if (facts->id != id) {
    return fail(Error::malformed("hold the id of a container of podman against its key", id));
  }
  if (facts->sandbox_id.empty()) return std::optional(std::move(*facts));
  const auto pod = bolt->find({"id-registry", facts->sandbox_id});
  if (!pod) return fail(pod.error());
  if (*pod) facts->pod = safe_text(**pod);
  return std::optional(std::move(*facts));
}

}  // namespace kcommons::identity
