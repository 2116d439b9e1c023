#include "cgroup/pods.hpp"

#include <algorithm>

namespace kcommons::cgroup {

namespace {

constexpr std::string_view kKubepods = "kubepods";
constexpr std::string_view kBurstable = "burstable";
constexpr std::string_view kBestEffort = "besteffort";
constexpr std::string_view kGuaranteed = "guaranteed";
constexpr std::string_view kSlice = ".slice";

std::string uid_text(std::string_view raw) {
  std::string uid(raw);
  std::replace(uid.begin(), uid.end(), '_', '-');
  return uid;
}

bool looks_like_uid(std::string_view text) {
  constexpr std::string_view kUidBytes = "0123456789abcdefABCDEF-_";
  return !text.empty() && text.find_first_not_of(kUidBytes) == std::string_view::npos;
}

// Takes "-word" off the end of `head`, or the whole of it when it is just "word".
bool take_last_word(std::string_view& head, std::string_view word) {
  if (!head.ends_with(word)) return false;
  const std::string_view before = head.substr(0, head.size() - word.size());
  if (!before.empty() && !before.ends_with('-')) return false;
  head = before.substr(0, before.size() - (before.empty() ? 0 : 1));
  return true;
}

std::optional<Pod> pod_of_slice(std::string_view component) {
  component.remove_suffix(kSlice.size());
  constexpr std::string_view kPod = "-pod";
  const std::size_t at = component.rfind(kPod);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view uid = component.substr(at + kPod.size());
  std::string_view head = component.substr(0, at);
  std::string_view qos = kGuaranteed;
  if (take_last_word(head, kBurstable)) {
    qos = kBurstable;
  } else if (take_last_word(head, kBestEffort)) {
    qos = kBestEffort;
  }
  if (uid.empty() || !take_last_word(head, kKubepods)) return std::nullopt;
  return Pod{uid_text(uid), qos};
}

// The class by the name of the level above a pod's directory.
std::string_view qos_below(std::string_view above) {
  if (above == kBurstable) return kBurstable;
  if (above == kBestEffort) return kBestEffort;
  return above.empty() ? std::string_view{} : kGuaranteed;
}

std::optional<Pod> pod_of_directory(std::string_view component, std::string_view above) {
  constexpr std::string_view kPod = "pod";
  if (!component.starts_with(kPod)) return std::nullopt;
  const std::string_view uid = component.substr(kPod.size());
  // A static pod's manifest may set any UID. Away from the kubelet's tree it has to look like one,
  // or "podman" would be a pod.
  const bool in_kubepods = above == kKubepods || above == kBurstable || above == kBestEffort;
  if (uid.empty() || (!in_kubepods && !looks_like_uid(uid))) return std::nullopt;
  return Pod{uid_text(uid), qos_below(above)};
}

}  // namespace

std::optional<Pod> pod_at(Components components) {
  if (components.empty()) return std::nullopt;
  const std::string_view last = components.back();
  const std::string_view slice = last.substr(0, last.find(':'));
  if (is_slice_name(slice)) return pod_of_slice(slice);
  const bool has_above = components.size() > 1;
  return pod_of_directory(last, has_above ? components[components.size() - 2] : "");
}

}  // namespace kcommons::cgroup
