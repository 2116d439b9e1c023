#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "cgroup/layouts.hpp"
#include "cgroup/path.hpp"
#include "cgroup/pods.hpp"
#include "cgroup/units.hpp"

namespace kcommons::cgroup {

namespace {

struct Line {
  int rank = 0;
  std::string_view controllers;
  Path path;
};

// Which hierarchy is asked first: cgroup2, then the v1 ones in which runtimes and systemd always
// place what they start.
int rank_of(std::string_view hierarchy, std::string_view controllers) {
  constexpr int kRest = 4;
  if (hierarchy == "0" && controllers.empty()) return 0;
  int rank = kRest;
  while (!controllers.empty()) {
    const std::string_view controller = text::take_until(controllers, ',');
    if (controller == "name=systemd") rank = std::min(rank, 1);
    if (controller == "pids") rank = std::min(rank, 2);
    if (controller == "memory") rank = std::min(rank, 3);
  }
  return rank;
}

// 4:memory:/docker/9bc9…
// 0::/kubepods-pod1111.slice:cri-containerd:9bc9…      a path may hold ':' too
std::optional<Line> parse_line(std::string_view line) {
  if (std::count(line.begin(), line.end(), ':') < 2) return std::nullopt;
  const std::string_view hierarchy = text::take_until(line, ':');
  const std::string_view controllers = text::take_until(line, ':');
  if (!line.starts_with('/')) return std::nullopt;
  return Line{rank_of(hierarchy, controllers), controllers, parse_path(line)};
}

// In the order of precedence, which does not depend on the order in the file.
std::vector<Line> parse_lines(std::string_view text) {
  std::vector<Line> lines;
  while (!text.empty()) {
    if (std::optional<Line> line = parse_line(text::take_until(text, '\n'))) {
      lines.push_back(*std::move(line));
    }
  }
  std::stable_sort(lines.begin(), lines.end(), [](const Line& left, const Line& right) {
    return std::tie(left.rank, left.controllers) < std::tie(right.rank, right.controllers);
  });
  return lines;
}

struct Hit {
  std::size_t at = 0;  // index of the component
  LayoutMatch match;
};

// All containers of a path, the innermost first.
std::vector<Hit> hits_in(const Path& path, const Layouts& layouts) {
  std::vector<Hit> hits;
  const Components components = path.components;
  for (std::size_t end = components.size(); end > 0; --end) {
    if (auto match = layouts.match(components.first(end))) {
      hits.push_back({end - 1, *std::move(match)});
    }
  }
  return hits;
}

// The next hit outwards that is another container, else hits.size().
std::size_t next_outer(const std::vector<Hit>& hits, std::size_t inner) {
  std::size_t outer = inner + 1;
  while (outer < hits.size() && hits[outer].match.container.id == hits[inner].match.container.id) {
    ++outer;
  }
  return outer;
}

// With the pod whose cgroup stands between it and the next outer container.
Container with_pod(const std::vector<Hit>& hits, std::size_t index, const Path& path) {
  Container container = hits[index].match.container;
  const std::size_t outer = next_outer(hits, index);
  const std::size_t lowest = outer < hits.size() ? hits[outer].at + 1 : 0;
  const Components components = path.components;
  for (std::size_t end = hits[index].at + 1; end > lowest; --end) {
    if (std::optional<Pod> pod = pod_at(components.first(end))) {
      container.pod_uid = std::move(pod->uid);
      container.qos = pod->qos;
      break;
    }
  }
  return container;
}

Placement place(const Path& path, const std::vector<Hit>& hits) {
  Placement placement;
  placement.path = path.text();
  placement.deleted = path.deleted;
  placement.outside_namespace = path.outside_namespace;
  if (hits.empty()) {
    HostUnit unit = host_unit(path);
    placement.unit = std::move(unit.name);
    placement.slice = std::move(unit.slice);
    placement.session_uid = session_uid(path.components);
    return placement;
  }
  placement.container = with_pod(hits, 0, path);
  placement.role = hits.front().match.role;
  const std::size_t outer = next_outer(hits, 0);
  if (outer < hits.size()) placement.parent = with_pod(hits, outer, path);
  // What a container has inside, it may call as it likes: only what stands outside is the host's.
  const Components host = Components(path.components).first(hits.back().at);
  placement.slice = deepest_slice(host);
  placement.session_uid = session_uid(host);
  return placement;
}

bool is_known(const std::vector<Hit>& hits) {
  return !hits.empty() && !hits.front().match.bare;
}

}  // namespace

Placement resolve_path(std::string_view path, const Layouts& layouts) {
  const Path parsed = parse_path(path);
  return place(parsed, hits_in(parsed, layouts));
}

Placement resolve(std::string_view cgroup_text, const Layouts& layouts) {
  const std::vector<Line> lines = parse_lines(cgroup_text);
  const Path root;
  const Path* best = lines.empty() ? &root : &lines.front().path;
  std::vector<Hit> best_hits;
  for (const Line& line : lines) {
    std::vector<Hit> hits = hits_in(line.path, layouts);
    const bool is_better = is_known(hits) || (best_hits.empty() && !hits.empty()) ||
                           (best_hits.empty() && best->is_root() && !line.path.is_root());
    if (!is_better) continue;
    best = &line.path;
    best_hits = std::move(hits);
    if (is_known(best_hits)) break;
  }
  Placement placement = place(*best, best_hits);
  placement.outside_namespace = std::any_of(
      lines.begin(), lines.end(), [](const Line& line) { return line.path.outside_namespace; });
  return placement;
}

}  // namespace kcommons::cgroup
