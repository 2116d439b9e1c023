// What one piece of evidence says of a container. Empty is what it does not say. Every text was
// written by a runtime, an image or whoever runs the container: it is valid UTF-8 and not longer
// than kTextLimit, but for cgroup_path, and no more is promised; none of it is ever opened as a
// path unchecked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "cgroup/placement.hpp"

namespace kcommons::identity {

// Bytes of a name or label; what is longer is cut.
inline constexpr std::size_t kTextLimit = 512;

struct Facts {
  std::optional<cgroup::Runtime> runtime;
  std::string id;
  std::string container;      // the name that people gave it
  std::string pod;            // of Kubernetes, or podman's
  std::string pod_namespace;  // of Kubernetes; of containerd for what ctr made
  std::string pod_uid;
  std::string image;
  std::string compose_project;
  std::string compose_service;
  std::optional<bool> sandbox;  // the pod's own, that holds its namespaces
  std::string sandbox_id;       // of the pod that it is in
  std::string cgroup_path;      // as the runtime asked for it
  std::optional<Pid> init;      // its first process, as the runtime's PID namespace numbers it
  std::optional<std::uint64_t> init_start_time;  // of that, clock ticks since boot
  std::map<std::string, std::string> labels;     // and annotations, raw

  bool operator==(const Facts&) const = default;
};

// What `more` says and `facts` does not: what was there first stays.
void complete(Facts& facts, const Facts& more);

// Forgets the labels but those named: a thousand containers may have a hundred each.
void keep_labels(Facts& facts, const std::vector<std::string>& wanted);

// The label or annotation of that name; empty where there is none.
std::string label_of(const Facts& facts, const char* key);

// Whether it is of the form in which most runtimes draw ids at random: 64 hexadecimal digits.
inline constexpr std::size_t kRandomIdLength = 64;
bool is_random_id(std::string_view text);

// Made safe to keep: valid UTF-8, cut to kTextLimit.
std::string safe_text(std::string_view raw);

}  // namespace kcommons::identity
