#include "identity/json.hpp"

#include "identity/facts.hpp"

namespace kcommons::identity {

Result<Json> parse_json(std::string_view text, std::string attempted) {
  const auto shallow = [](int depth, Json::parse_event_t /*event*/, Json& /*parsed*/) {
    return depth <= kDepthLimit;
  };
  constexpr bool kThrow = false;
  Json json = Json::parse(text, shallow, kThrow);
  if (json.is_discarded()) return fail(Error::malformed(std::move(attempted), text));
  return json;
}

const Json* find(const Json& json, std::initializer_list<const char*> keys) {
  const Json* at = &json;
  for (const char* const key : keys) {
    if (!at->is_object()) return nullptr;
    const auto found = at->find(key);
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return at;
}

std::string text_at(const Json& json, std::initializer_list<const char*> keys) {
  const Json* const at = find(json, keys);
  if (at == nullptr || !at->is_string()) return {};
  return safe_text(at->get_ref<const std::string&>());
}

std::optional<std::uint64_t> number_at(const Json& json, std::initializer_list<const char*> keys) {
  const Json* const at = find(json, keys);
  if (at == nullptr || !at->is_number_unsigned()) return std::nullopt;
  return at->get<std::uint64_t>();
}

std::map<std::string, std::string> texts_at(const Json& json,
                                            std::initializer_list<const char*> keys) {
  std::map<std::string, std::string> texts;
  const Json* const at = find(json, keys);
  if (at == nullptr || !at->is_object()) return texts;
  for (const auto& [key, value] : at->items()) {
    if (value.is_string()) {
      texts.emplace(safe_text(key), safe_text(value.get_ref<const std::string&>()));
    }
  }
  return texts;
}

}  // namespace kcommons::identity
