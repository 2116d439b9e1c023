#include "identity/facts.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace kcommons::identity {

namespace {

void take(std::string& into, const std::string& from) {
  if (into.empty()) into = from;
}

template <typename T>
void take(std::optional<T>& into, const std::optional<T>& from) {
  if (!into) into = from;
}

}  // namespace

void complete(Facts& facts, const Facts& more) {
  take(facts.runtime, more.runtime);
  take(facts.id, more.id);
  take(facts.container, more.container);
  take(facts.pod, more.pod);
  take(facts.pod_namespace, more.pod_namespace);
  take(facts.pod_uid, more.pod_uid);
  take(facts.image, more.image);
  take(facts.compose_project, more.compose_project);
  take(facts.compose_service, more.compose_service);
  take(facts.sandbox, more.sandbox);
  take(facts.sandbox_id, more.sandbox_id);
  take(facts.cgroup_path, more.cgroup_path);
  // A start time without the process that it is of would be somebody else's.
  if (!facts.init) facts.init_start_time = more.init_start_time;
  take(facts.init, more.init);
  facts.labels.insert(more.labels.begin(), more.labels.end());
}

void keep_labels(Facts& facts, const std::vector<std::string>& wanted) {
  std::erase_if(facts.labels, [&](const auto& label) {
    return std::ranges::find(wanted, label.first) == wanted.end();
  });
}

std::string label_of(const Facts& facts, const char* key) {
  const auto found = facts.labels.find(key);
  return found == facts.labels.end() ? std::string() : found->second;
}

bool is_random_id(std::string_view text) {
  return text.size() == kRandomIdLength &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string safe_text(std::string_view raw) {
  return text::valid_utf8(raw, kTextLimit);
}

}  // namespace kcommons::identity
