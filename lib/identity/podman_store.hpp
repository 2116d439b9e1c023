// containers.json of containers/storage, in which podman, buildah and CRI-O keep the names of all
// their containers (store.go and containers.go there). Pure, thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "identity/facts.hpp"

namespace kcommons::identity {

// By id. Entries without one are passed over. A text that is no such list is an error.
Result<std::map<std::string, Facts>> parse_podman_store(std::string_view text);

}  // namespace kcommons::identity
