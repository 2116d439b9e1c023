#include "identity/bundles.hpp"

#include "identity/oci_config.hpp"
#include "identity/runtime_state.hpp"

namespace kcommons::identity {

namespace {

using cgroup::Runtime;

// The names that dockerd, kubelet and buildkitd have in containerd.
Runtime runtime_of(std::string_view space) {
  if (space == "moby") return Runtime::kDocker;
  if (space == "buildkit") return Runtime::kBuildkit;
  return Runtime::kContainerd;
}

Result<Facts> parse_task(std::string_view text, std::string_view space, std::string_view id) {
  const bool is_cri = space == "k8s.io";
  auto facts = parse_oci_config(text, is_cri ? Annotations::kOfCri : Annotations::kOfAnybody);
  if (!facts) return facts;
  facts->id = safe_text(id);
  if (!facts->runtime || !is_cri) facts->runtime = runtime_of(space);
  if (*facts->runtime == Runtime::kContainerd) facts->pod_namespace = safe_text(space);
  return facts;
}

Result<Facts> parse_runc(std::string_view text, std::string_view /*space*/,
                         std::string_view /*id*/) {
  return parse_runc_state(text);
}

Result<Facts> parse_crun(std::string_view text, std::string_view /*space*/, std::string_view id) {
  auto facts = parse_crun_status(text);
  if (facts) facts->id = safe_text(id);
  return facts;
}

// An id that nobody drew at random is what people called the container: with ctr, runc and crun
// there is no other name.
void take_id_for_name(Facts& facts) {
  const bool is_free = facts.runtime == Runtime::kContainerd || facts.runtime == Runtime::kRunc ||
                       facts.runtime == Runtime::kCrun;
  if (is_free && !is_random_id(facts.id) && facts.container.empty()) facts.container = facts.id;
}

// `path` is `around` or lies below it. What is at the root is around everything, so it is none's.
bool lies_in(std::string_view path, std::string_view around) {
  if (around.empty() || around == "/" || !path.starts_with(around)) return false;
  return path.size() == around.size() || path[around.size()] == '/';
}

}  // namespace

void Bundles::keep(Source source, std::string where, const HostFolder& folder,
                   const std::vector<std::string_view>& names, Parse parse, std::string_view space,
                   std::string_view id) {
  if (const auto at = known_.find(where); at != known_.end()) {
    next_.emplace(std::move(where), std::move(at->second));
    return;
  }
  const auto text = folder.read(names);
  auto facts = text ? parse(*text, space, id) : Result<Facts>(fail(text.error()));
  if (!facts) {
    // Asked again at the next refresh: it may be in the making.
    failures_->count(source, facts.error());
    return;
  }
  take_id_for_name(*facts);
  keep_labels(*facts, labels_);
  Evidence evidence{.source = source, .where = where, .facts = std::move(*facts), .error = {}};
  next_.emplace(std::move(where), std::move(evidence));
}

void Bundles::list_space(const HostFolder& folder, const Kind& kind, const std::string& space) {
  std::vector<std::string_view> names;
  if (!space.empty()) names.push_back(space);
  const auto ids = folder.list(names);
  if (!ids) {
    failures_->count(kind.source, ids.error());
    return;
  }
  for (const std::string& id : *ids) {
    std::vector<std::string_view> file = names;
    file.push_back(id);
    file.emplace_back(kind.file);
    keep(kind.source, folder.name_of(file), folder, file, kind.parse, space, id);
  }
}

void Bundles::list(const std::string& root, const Kind& kind) {
  const auto folder = HostFolder::open(rootfs_, root + kind.below);
  if (!folder) {
    failures_->count(kind.source, folder.error());
    return;
  }
  if (!kind.has_spaces) {
    list_space(*folder, kind, "");
    return;
  }
  const auto spaces = folder->list();
  if (!spaces) {
    failures_->count(kind.source, spaces.error());
    return;
  }
  for (const std::string& space : *spaces) list_space(*folder, kind, space);
}

void Bundles::refresh(FailureCounts& failures) {
  const Kind task{.source = Source::kBundle,
                  .below = "/io.containerd.runtime.v2.task",
                  .has_spaces = true,
                  .file = "config.json",
                  .parse = parse_task};
  const Kind runc{.source = Source::kRuntimeState, .file = "state.json", .parse = parse_runc};
  const Kind crun{.source = Source::kRuntimeState, .file = "status", .parse = parse_crun};
  next_.clear();
  failures_ = &failures;
  for (const std::string& root : roots_.containerd) list(root, task);
  for (const std::string& root : roots_.runc) list(root, runc);
  for (const std::string& root : roots_.crun) list(root, crun);
  known_ = std::exchange(next_, {});
  failures_ = nullptr;
}

const Evidence* Bundles::find(std::string_view id, std::string_view cgroup_path) const {
  for (const auto& [where, evidence] : known_) {
    if (evidence.facts.id == id && lies_in(cgroup_path, evidence.facts.cgroup_path)) {
      return &evidence;
    }
  }
  return nullptr;
}

const Evidence* Bundles::find_in(std::string_view cgroup_path) const {
  const Evidence* best = nullptr;
  for (const auto& [where, evidence] : known_) {
    const std::string& around = evidence.facts.cgroup_path;
    if (!lies_in(cgroup_path, around)) continue;
    if (best == nullptr || around.size() > best->facts.cgroup_path.size()) best = &evidence;
  }
  return best;
}

}  // namespace kcommons::identity
