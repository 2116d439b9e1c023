#include "identity/podman_store.hpp"

#include "identity/json.hpp"

namespace kcommons::identity {

namespace {

// JSON within JSON; what does not parse says nothing, and the name beside it still does.
void take_metadata(const Json& entry, Facts& facts) {
  const Json* const metadata = find(entry, {"metadata"});
  if (metadata == nullptr || !metadata->is_string()) return;
  const auto inner = parse_json(metadata->get_ref<const std::string&>(), "parse metadata");
  if (!inner) return;
  facts.image = text_at(*inner, {"image-name"});
  if (facts.container.empty()) facts.container = text_at(*inner, {"name"});
}

Facts facts_of(const Json& entry) {
  Facts facts;
  facts.id = text_at(entry, {"id"});
  const Json* const names = find(entry, {"names"});
  if (names != nullptr && names->is_array() && !names->empty() && names->front().is_string()) {
    facts.container = safe_text(names->front().get_ref<const std::string&>());
  }
  take_metadata(entry, facts);
  return facts;
}

}  // namespace

Result<std::map<std::string, Facts>> parse_podman_store(std::string_view text) {
  const auto json = parse_json(text, "parse containers.json");
  if (!json) return fail(json.error());
  if (!json->is_array()) return fail(Error::malformed("find a list in containers.json", text));
  std::map<std::string, Facts> containers;
  for (const Json& entry : *json) {
    Facts facts = facts_of(entry);
    std::string id = facts.id;
    if (!id.empty()) containers.emplace(std::move(id), std::move(facts));
  }
  return containers;
}

}  // namespace kcommons::identity
