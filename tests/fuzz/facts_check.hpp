// What facts.hpp promises of each text in Facts.
#pragma once

#include "fuzz.hpp"
#include "identity/facts.hpp"

namespace kcommons::fuzz {

inline void check_text(std::string_view text) {
  demand(is_utf8(text), "a fact is valid UTF-8");
  demand(text.size() <= identity::kTextLimit, "a fact has a limit");
}

inline void check_facts(const identity::Facts& facts) {
  for (const std::string* text :
       {&facts.id, &facts.container, &facts.pod, &facts.pod_namespace, &facts.pod_uid, &facts.image,
        &facts.compose_project, &facts.compose_service, &facts.sandbox_id}) {
    check_text(*text);
  }
  // Half a path is another one, so these are not cut.
  demand(is_utf8(facts.cgroup_path), "the path of a cgroup is valid UTF-8");
  for (const auto& [key, value] : facts.labels) {
    check_text(key);
    check_text(value);
  }
}

}  // namespace kcommons::fuzz
