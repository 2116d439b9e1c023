#include "identity/evidence.hpp"

#include <array>

namespace kcommons::identity {

std::string_view name_of(Source source) {
  constexpr std::array<std::string_view, kSourceCount> kNames{"cgroup", "bundle", "runtime_state",
                                                              "docker", "cri_o",  "podman",
                                                              "parent", "mounts", "machined"};
  return kNames.at(static_cast<std::size_t>(source));
}

}  // namespace kcommons::identity
