#include "identity/mounts.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"

namespace kcommons::identity {

namespace {

using cgroup::Runtime;

constexpr std::array<std::string_view, 4> kMountPoints{"/etc/hostname", "/etc/hosts",
                                                       "/etc/resolv.conf", "/run/.containerenv"};

struct Place {
  Runtime runtime;
  bool is_sandbox;  // the folder is the pod's
  std::string_view before;
  std::string_view after;
};
// What stands before and behind the id in the path that is mounted, which begins at the root of its
// file system: /run may be one of its own.
constexpr std::array kPlaces{
    Place{Runtime::kDocker, false, "/docker/containers/", "/"},
    Place{Runtime::kPodman, false, "-containers/", "/userdata/"},
    Place{Runtime::kContainerdCri, true, "/io.containerd.grpc.v1.cri/sandboxes/", "/"},
};

std::string_view between(std::string_view text, const Place& place) {
  const auto begin = text.find(place.before);
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = text.substr(begin + place.before.size());
  const auto end = rest.find(place.after);
  return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

void take_root(std::string_view root, Facts& facts) {
  for (const Place& place : kPlaces) {
    const std::string_view id = between(root, place);
    if (!is_random_id(id)) continue;
    facts.runtime = place.runtime;
    (place.is_sandbox ? facts.sandbox_id : facts.id) = std::string(id);
    return;
  }
  // /var/lib/kubelet/pods/UID/etc-hosts
  constexpr std::string_view kPods = "/pods/";
  constexpr std::string_view kHosts = "/etc-hosts";
  const auto begin = root.rfind(kPods);
  if (begin == std::string_view::npos || !root.ends_with(kHosts)) return;
  const auto uid =
      root.substr(begin + kPods.size(), root.size() - begin - kPods.size() - kHosts.size());
  if (uid.find('/') == std::string_view::npos) facts.pod_uid = safe_text(uid);
}

}  // namespace

// proc_pid_mountinfo(5): ID, parent, device, root, mount point.
Facts parse_mounts(std::string_view mountinfo) {
  Facts facts;
  while (!mountinfo.empty()) {
    std::string_view line = text::take_until(mountinfo, '\n');
    for (int i = 0; i < 3; ++i) text::take_word(line);
    const std::string_view root = text::take_word(line);
    const std::string_view point = text::take_word(line);
    if (std::ranges::find(kMountPoints, point) == kMountPoints.end()) continue;
    Facts told;
    take_root(root, told);
    complete(facts, told);
  }
  return facts;
}

}  // namespace kcommons::identity
